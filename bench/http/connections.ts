/** Connections of a closed loop to one API process, each with one request in flight. */
export const CONNECTIONS = 64;

// Lua names are snake_case, TypeScript names camelCase; this is the only place that knows.

export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function pascal(name: string): string {
  const text = camel(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const BANNER = '// Generated from engine/lua by `npm run generate`. Do not edit.\n';

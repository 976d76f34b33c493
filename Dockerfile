# Debian, not Alpine: the Temporal SDK's native part needs glibc.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts, because `prepare` builds, and there is nothing to build yet.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts
# The SDK ships its native part for five platforms, 138 MB; one of them is this one.
RUN keep="$(node -p "({ x64: 'x86_64', arm64: 'aarch64' })[process.arch]")-unknown-linux-gnu" \
    && cd node_modules/@temporalio/core-bridge/releases \
    && test -d "$keep" \
    && find . -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -r {} + \
    && cd ../ && rm -rf sdk-core

FROM node:20.20.2-bookworm-slim
# The SDK's native part reads the system's certificates.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o node -g node /var/lib/sluice
ENV NODE_ENV=production TZ=UTC
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN ln -s /app/dist/src/cli.js /usr/local/bin/sluice
USER node
VOLUME /var/lib/sluice
ENTRYPOINT ["node", "/app/dist/src/cli.js"]
CMD ["--help"]

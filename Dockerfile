# One image runs every part: the default is all in one; docker-compose.yml names another command for each part.
FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 HUITONG_DATA_DIR=/var/lib/huitong
# What hundreds of requests hold at once has room beside what they leave behind, and is not copied with each collection.
ENV NODE_OPTIONS=--max-semi-space-size=64
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force \
  && mkdir -p /var/lib/huitong && chown node:node /var/lib/huitong
COPY kernel kernel
COPY schema schema
COPY subgraphs subgraphs
COPY gateway gateway
COPY cli cli
COPY programs programs
USER node
VOLUME /var/lib/huitong
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "gateway/all.ts"]

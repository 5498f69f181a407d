# One image with the programs `mis`, `mis-repository` and `mis-bench`. Build: docker build -t modular-inference-stack:0.1.0 .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && find lib \( -name '*.map' -o -name '*.d.ts' -o -name '.tsbuildinfo' \) -type f -delete

# Production dependencies only, without what no program loads: other platforms' libraries, sources, tests, builds for bundlers.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/trim-dependencies.mjs /tmp/
RUN npm ci --omit=dev --omit=peer && node /tmp/trim-dependencies.mjs node_modules

# ONNX's StringNormalizer, in text models of scikit-learn, needs the locale en_US.UTF-8, which slim images do not have.
FROM ${NODE_IMAGE} AS locale
RUN apt-get update && apt-get install -y --no-install-recommends locales \
  && localedef --no-archive -i en_US -f UTF-8 /usr/lib/locale/en_US.utf8

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=locale /usr/lib/locale/en_US.utf8 /usr/lib/locale/en_US.utf8
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/lib ./lib
COPY --from=build /app/stacks/pipelines/fall-detection ./stacks/pipelines/fall-detection
COPY --from=build /app/experiments ./experiments
RUN ln -s /app/lib/runtime/main.js /usr/local/bin/mis \
  && if [ -e /app/lib/repository/main.js ]; then ln -s /app/lib/repository/main.js /usr/local/bin/mis-repository; fi \
  && ln -s /app/lib/scripts/benchmark/main.js /usr/local/bin/mis-bench \
  # A new volume that is mounted here belongs to the user below.
  && install -d -o 1000 -g 1000 /var/lib/mis/components /var/lib/mis-repository
# A number, so that Kubernetes can see that it is not root. Only temporary files are written: the root may be read-only.
USER 1000:1000
EXPOSE 50051 9000 9012
CMD ["mis", "serve", "/app/stacks/pipelines/fall-detection/pipeline.yaml"]

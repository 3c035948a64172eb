# syntax=docker/dockerfile:1
# A static binary in an empty image. The builder runs on the machine's own
# platform and cross-compiles, so that no emulation is needed. Where no image
# registry can be reached: docker/build-without-registry.sh.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY cmd cmd
COPY docker/filecap docker/filecap
COPY pkg pkg
ARG TARGETOS
ARG TARGETARCH
ARG TARGETVARIANT
ARG VERSION
ARG REVISION
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} \
    go build -trimpath -tags nethttpomithttp2 -buildvcs=false \
      -ldflags "-s -w -X main.version=$VERSION -X main.revision=$REVISION" \
      -o /breezeway ./cmd/breezeway
# The program may have NET_RAW where the container is given it: compose.net-raw.yaml.
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go run -trimpath -buildvcs=false ./docker/filecap /breezeway
# WORKDIR makes the directory in which the image remembers speakers.
WORKDIR /state

FROM scratch
ARG VERSION
ARG REVISION
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Breezeway" \
      org.opencontainers.image.description="Every UPnP/DLNA speaker of the network as an AirPlay speaker" \
      org.opencontainers.image.source="https://github.com/breezeway-audio/breezeway" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
COPY --from=build /breezeway /breezeway
COPY --from=build --chown=65532:65532 /state /state
USER 65532:65532
# Healthy within seconds of the start: engines older than 25 do not know
# --start-interval, and take the interval.
HEALTHCHECK --interval=10s --start-interval=1s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/breezeway", "healthcheck"]
ENTRYPOINT ["/breezeway"]

#!/usr/bin/env bash
# Builds the Dockerfile where no image registry can be reached.
#
#   docker/build-without-registry.sh [ARGS of docker build, such as -t NAME]
#
# CONTEXT names another folder with a Dockerfile to build, docker/plex-like.
# The final image is FROM scratch and needs none; only the builder's base does.
# So an image with the base's name (golang:1.26) is made from the Go toolchain
# of this machine, a shell, and the modules that go.mod names, which `go mod
# download` fetches as it is set up here (GOPROXY and the rest). The build
# itself then needs no network at all.
#
# Needs: Go, and a Docker engine with BuildKit (18.09 or later). DOCKER names
# the client to use, DOCKER_HOST the engine.
set -euo pipefail
cd "$(dirname "$0")/.."

base=$(sed -n 's/^FROM .*\(golang:[^ ]*\).*/\1/p' Dockerfile | head -n 1)

# Clients from 23.0 on build by their plug-in buildx, older ones by themselves.
builds() { "$1" buildx version >/dev/null 2>&1 || [[ $("$1" version --format '{{.Client.Version}}' 2>/dev/null) =~ ^(19|20)\. ]]; }
client=
for candidate in ${DOCKER:-docker /usr/bin/docker}; do
  if builds "$candidate"; then client=$candidate; break; fi
done
if [ -z "$client" ]; then
  echo "build-without-registry: no docker client that can build (install buildx, or name a client in DOCKER)" >&2
  exit 1
fi

mark=com.breezeway-audio.stand-in
if "$client" image inspect "$base" >/dev/null 2>&1 &&
  [ "$("$client" image inspect --format "{{index .Config.Labels \"$mark\"}}" "$base")" != true ]; then
  echo "build-without-registry: the real $base is here: use docker build" >&2
  exit 1
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
echo "build-without-registry: making a stand-in for $base from $(go version)"

mkdir -p "$root"/{bin,etc,root,tmp,usr/local/go/pkg}
chmod 1777 "$root/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
goroot=$(go env GOROOT)
cp -R "$goroot"/{bin,lib,src,VERSION,go.env} "$root/usr/local/go/"
cp -R "$goroot"/pkg/{include,tool} "$root/usr/local/go/pkg/"

# The shell that RUN lines need, with the libraries that it is linked to.
cp -L "$(command -v sh)" "$root/bin/sh"
ldd "$root/bin/sh" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Modules that are here already are taken from here.
GOFLAGS=-modcacherw GOMODCACHE=$root/fetched \
  GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)" go mod download
mv "$root/fetched/cache/download" "$root/modules"
rm -rf "$root/fetched"

tar -C "$root" -c . | "$client" import \
  --change "LABEL $mark=true" \
  --change 'ENV PATH=/usr/local/go/bin:/bin GOPATH=/go GOTOOLCHAIN=local GOPROXY=file:///modules' \
  - "$base" >/dev/null

# The Dockerfile's own front end would come from the registry. The engine's may be too
# old for --start-interval: it looks more often instead.
sed -e '/^# syntax=/d' -e 's/--interval=10s --start-interval=1s/--interval=3s/' "${CONTEXT:-.}/Dockerfile" > "$root/Dockerfile"
DOCKER_BUILDKIT=1 "$client" build --network none --file "$root/Dockerfile" "$@" "${CONTEXT:-.}"

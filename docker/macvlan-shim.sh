#!/bin/sh
# Lets this host and the container of the macvlan profile talk to each other: a
# macvlan network shuts out the interface that it sits on. The host gets a
# sub-interface of its own beside the container's, and a route through it.
#
#   sudo docker/macvlan-shim.sh up     again after each start of the host
#   sudo docker/macvlan-shim.sh down
#
# Reads PARENT, IP, SHIM_IP and LAN_DRIVER from the environment or, as Compose
# does, from .env beside compose.yaml. docs/DOCKER.md explains them.
set -eu

name=breezeway-shim
folder=$(cd "$(dirname "$0")/.." && pwd)

refuse() {
  echo "macvlan-shim: $*" >&2
  exit 1
}

# setting NAME: its value. .env is read, not run: values there may hold blanks.
setting() {
  eval "value=\${$1-}"
  if [ -z "$value" ] && [ -r "$folder/.env" ]; then
    value=$(sed -n "s/^[[:blank:]]*$1=//p" "$folder/.env" | tail -n 1 |
      sed -e 's/\r$//' -e 's/[[:blank:]]#.*$//' -e 's/[[:blank:]]*$//' -e "s/^\([\"']\)\(.*\)\1\$/\2/")
  fi
  printf '%s' "$value"
}

# address NAME: its value, which must be an IPv4 address.
address() {
  value=$(setting "$1")
  [ -n "$value" ] || refuse "$1 is not set: put $1=$2 into .env"
  printf '%s\n' "$value" | grep -Eqx '([0-9]{1,3}\.){3}[0-9]{1,3}' || refuse "$1=$value is no IPv4 address"
  printf '%s' "$value"
}

up() {
  parent=$(setting PARENT)
  [ -n "$parent" ] || refuse "PARENT is not set: put the host's interface to the LAN into .env (\`ip route show default\` names it)"
  ip=$(address IP "the container's address")
  shim=$(address SHIM_IP "another free address of the LAN, for the host's side")
  driver=$(setting LAN_DRIVER)
  case ${driver:=macvlan} in
  macvlan) mode=bridge ;;
  ipvlan) mode=l2 ;;
  *) refuse "LAN_DRIVER=$driver is neither macvlan nor ipvlan" ;;
  esac
  [ "$ip" != "$shim" ] || refuse "SHIM_IP and IP are both $ip: each needs an address of its own"
  ip link show dev "$parent" >/dev/null 2>&1 || refuse "PARENT=$parent is no interface of this host (\`ip -br link\` lists them)"

  down
  if ip -4 -o address show | grep -qF " $shim/"; then refuse "SHIM_IP=$shim is in use by this host"; fi
  trap 'down; refuse "did not succeed, nothing was changed"' EXIT
  ip link add "$name" link "$parent" type "$driver" mode "$mode"
  # The LAN finds the host's other addresses where they were: only to what is
  # routed through it does the shim answer ARP.
  echo 1 >"/proc/sys/net/ipv4/conf/$name/arp_filter"
  ip address add "$shim/32" dev "$name"
  ip link set "$name" up
  ip route replace "$ip/32" dev "$name" src "$shim"
  trap - EXIT
  echo "macvlan-shim: this host reaches $ip through $name, and is $shim there"
}

down() {
  if ip link show dev "$name" >/dev/null 2>&1; then ip link delete "$name"; fi
}

action=${1-}
case $action in
up | down)
  command -v ip >/dev/null || refuse "the program ip is missing (Debian: iproute2)"
  [ "$(id -u)" = 0 ] || refuse "changing interfaces needs root: sudo $0 $action"
  "$action"
  ;;
*)
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
  exit 2
  ;;
esac

#!/bin/bash
# install.sh [directory|bench] -- installs the Debian packages whose programs the tests (or `make demo LDAP=1`, or
# `make bench-media`) need and that are missing: as root directly, else through sudo -n. Their services are not
# started: the tests run servers of their own. What cannot be had is named, and ends with status 1.
set -euo pipefail

DIRECTORY="slapd:slapd slapadd:slapd ldapsearch:ldap-utils openssl:openssl"
GST=/usr/lib/*/gstreamer-1.0 TYPES=/usr/lib/*/girepository-1.0
ALL="$DIRECTORY postgres:postgresql psql:postgresql-client redis-server:redis-server postfix:postfix
     chromium:chromium clamd:clamav-daemon cc:gcc python3-config:python3-dev setpriv:util-linux ip:iproute2 turnserver:coturn
     $GST/libgstwebrtc.so:gstreamer1.0-plugins-bad $GST/libgstnice.so:gstreamer1.0-nice
     $GST/libgstvpx.so:gstreamer1.0-plugins-good $GST/libgstopus.so:gstreamer1.0-plugins-base
     $TYPES/GstWebRTC-1.0.typelib:gir1.2-gst-plugins-bad-1.0 $TYPES/GstSdp-1.0.typelib:gir1.2-gst-plugins-base-1.0
     /usr/lib/python3/dist-packages/gi:python3-gi litmus:litmus cadaver:cadaver rclone:rclone mount.davfs:davfs2
     gio:libglib2.0-bin /usr/libexec/gvfsd-dav:gvfs-backends dbus-run-session:dbus-daemon mkfs.ext4:e2fsprogs
     pdfinfo:poppler-utils
     /usr/lib/libreoffice/program/libswlo.so:libreoffice-writer-nogui
     /usr/lib/libreoffice/program/libsclo.so:libreoffice-calc-nogui
     /usr/lib/libreoffice/program/libsdlo.so:libreoffice-impress-nogui"
GO=/usr/share/gocode/src/github.com
BENCH="go:golang-go $GO/pion/webrtc:golang-github-pion-webrtc.v3-dev ip:iproute2 unshare:util-linux
       $GO/gorilla/websocket:golang-github-gorilla-websocket-dev janus:janus"
wanted=$ALL
[ "${1:-}" = directory ] && wanted=$DIRECTORY
[ "${1:-}" = bench ] && wanted=$BENCH

missing() { # the lines "program:package" whose program (or path, which may hold a *) is not there
  local folders="$PATH:/usr/sbin:/sbin" folder entry
  for folder in /usr/lib/postgresql/*/bin; do folders="$folders:$folder"; done
  for entry in $wanted; do
    case $entry in
      /*) compgen -G "${entry%%:*}" >/dev/null || echo "$entry" ;;
      *) PATH=$folders command -v "${entry%%:*}" >/dev/null || echo "$entry" ;;
    esac
  done
}

fail() {
  echo "The tests need programs that are not here: $(missing | sed 's/:.*//' | xargs)" >&2
  echo "$1" >&2
  exit 1
}

lacking=$(missing)
[ -z "$lacking" ] && exit 0
packages=$(sed 's/.*://' <<<"$lacking" | sort -u | xargs)
line="apt-get install --no-install-recommends $packages"

command -v apt-get >/dev/null || fail "This is not Debian; install what corresponds to: $packages"
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || fail "sudo would ask for a password. Run: sudo $line"
  exec sudo -n "$0" "$@"
fi

# Debian starts a service when its package is installed; a policy that says no is left as found, or lent for now.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

echo "Installing $packages…"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
apt=(apt-get --yes -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold)
"${apt[@]}" update </dev/null >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "apt-get update failed (above)."; }
# shellcheck disable=SC2086 # a list of names
"${apt[@]}" install --no-install-recommends $packages </dev/null >"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; fail "\"$line\" failed (above)."; }
rm -f "$log"
[ -z "$(missing)" ] || fail "They are still missing after: $line"

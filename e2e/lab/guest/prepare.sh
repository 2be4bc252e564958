#!/usr/bin/env bash
# prepare.sh DIRECTORY: makes the guest's boot files there (vmlinuz, initrd.gz) from Debian's kernel package.
# Needs apt's package lists, and busybox-static, cpio, kmod, xz-utils. Works in a directory of its own beside the target.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$1
modules='virtio_pci 9pnet_virtio 9p overlay
  ppp_async ppp_deflate bsd_comp ppp_mppe slip veth tun
  nft_masq nft_chain_nat sch_fq_codel sch_cake'

work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo 'No kernel package is known to apt. Type: apt-get update' >&2; exit 1; }
apt-get -q download "$package" >&2
dpkg-deb --extract "$package"_*.deb kernel
release=$(ls kernel/lib/modules)
depmod --basedir "$work/kernel" "$release"

mkdir -p root/{bin,modules,proc,sys,dev,host,scratch,merged}
cp "$(command -v busybox)" root/bin/busybox
cp "$here/init" root/init
chmod 755 root/init
number=100
for module in $modules; do
  modprobe --dirname "$work/kernel" --set-version "$release" --show-depends "$module"
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
  name=root/modules/$number-$(basename "${file%.xz}")
  case $file in
    *.xz) xz --decompress --stdout "$file" > "$name" ;;
    *) cp "$file" "$name" ;;
  esac
  number=$((number + 1))
done
(cd root && find . | cpio --quiet --create --format=newc) | gzip -1 > initrd.gz
cp kernel/boot/vmlinuz-"$release" vmlinuz

rm -rf kernel root ./*.deb
# Another run may have been quicker: its files are as good.
mv --no-target-directory "$work" "$target" 2>/dev/null || [ -e "$target/initrd.gz" ]

#!/usr/bin/env bash
# Runs tests on an emulated processor with AVX-512.
#
#   emulate.sh [-b BOCHS] [-m MODEL] [-s MINUTES] [-p FOLDER] [PATTERN]
#
# FOLDER is that of the tests, gokernel's if it is not given. PATTERN is what go
# test -run takes; without it, all tests of go-avx512 that do not need a real
# clock. The output is that of the tests, and the status is 0 if they pass.
#
# Bochs emulates a whole machine. It boots a Linux kernel with an initial file
# system that has two files: the test, and what runs it (init.go).
#
# It needs Go, cpio, xorriso, and from Debian the packages isolinux,
# syslinux-common, bochsbios, vgabios, and the kernel, which is fetched with
# apt-get download but not installed. A test has no files but those it embeds.
#
# Debian's own bochs is built with a debugger and without a display that needs
# no terminal; a build of Bochs 3.0 without them is five times as fast:
#
#   ./configure --enable-cpu-level=6 --enable-x86-64 --enable-avx --enable-evex \
#     --enable-protection-keys --enable-all-optimizations --with-nogui && make bochs
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bochs=bochs model=corei7_skylake_x minutes=120 package=$here/../..
while getopts b:m:s:p: option; do
  case $option in
    b) bochs=$OPTARG ;;
    m) model=$OPTARG ;;
    s) minutes=$OPTARG ;;
    p) package=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
pattern=${1:-'TestBestIsSupported|Streams|PeakComputes|TestSameBytes|TestAllocs/go-avx512|TestThreads/go-avx512|TestBackend/go-avx512'}
work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/root/tmp" "$work/disk" "$work/kernel"
export CGO_ENABLED=0 GOARCH=amd64 GOOS=linux
(cd "$package" && go test -c -tags static -ldflags='-s -w' -o "$work/root/test" .)
(cd "$here" && go build -ldflags='-s -w' -o "$work/root/init" .)
echo "-test.v -test.timeout=24h -test.run=$pattern" >"$work/root/arguments"
(cd "$work/root" && find . | cpio --quiet -o -H newc >"$work/disk/initrd")

kernel=$(apt-cache search --names-only '^linux-image-6\.1\..*-cloud-amd64-unsigned$' | cut -d' ' -f1 | sort -V | tail -1)
(cd "$work/kernel" && apt-get download "$kernel" >&2 && dpkg -x ./*.deb .)
cp "$work"/kernel/boot/vmlinuz-* "$work/disk/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disk"

# Why: the emulated processor's time stamp runs at the rate of its instructions,
# not at the one that it claims, so no timer may be derived from it, and waiting in
# a loop is cheaper to emulate than a halted processor.
cat >"$work/disk/isolinux.cfg" <<CONFIG
default test
prompt 0
timeout 0
label test
kernel vmlinuz
append initrd=initrd console=ttyS0 loglevel=3 printk.devkmsg=on panic=0 mitigations=off nokaslr lpj=100000 tsc=reliable lapic=notscdeadline idle=poll
CONFIG
(cd "$work" && xorriso -as mkisofs -quiet -o disk.iso -b isolinux.bin -c boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table disk 2>/dev/null)

cat >"$work/bochsrc" <<CONFIG
config_interface: textconfig
display_library: nogui
megs: 1536
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model=$model, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none, time0=utc
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=$work/disk.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial
log: $work/log
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
CONFIG
"$bochs" -q -f "$work/bochsrc" >"$work/output" 2>&1 </dev/null &
emulator=$!
seen=0
for ((i = 0; i < minutes * 12; i++)); do
  sleep 5
  if [ -e "$work/serial" ]; then
    tr -d '\r' <"$work/serial" >"$work/text"
    tail -c "+$((seen + 1))" "$work/text"
    seen=$(wc -c <"$work/text")
    ! grep -q 'emulate: passed' "$work/text" || exit 0
    ! grep -qE 'emulate: failed|Kernel panic' "$work/text" || exit 1
  fi
  kill -0 "$emulator" 2>/dev/null || break
done
cat "$work/log" "$work/output" >&2
echo "emulate.sh: the tests did not end" >&2
exit 1

#!/bin/sh
# Runs the AVX-512 kernels of engine/kernel, but for those of split and of turned
# products, in an emulator that has the instructions, on a machine of its own
# without an operating system, and compares what it computed with this machine's
# AVX2 kernels or the definitions, bit by bit. About a minute. Needs Go, as and ld (binutils), bochs 2.7 and an
# AVX2 machine; writes to a folder, by default a new one.
set -e
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$(mktemp -d)}
mkdir -p "$dir"
rm -f "$dir/disk.img" "$dir/out.txt"
as -o "$dir/boot.o" "$here/boot.s"
ld -Ttext=0x7c00 --oformat binary -o "$dir/boot.bin" "$dir/boot.o"
as -o "$dir/call.o" "$here/call.s"
ld -Ttext=0x100000 --oformat binary -o "$dir/call.bin" "$dir/call.o"
cd "$here/../../engine/kernel"
CGO_ENABLED=0 go test -c -o "$dir/kernel.test" .
cylinders=$("$dir/kernel.test" -test.run '^TestEmulated$' -emulate "$dir" | sed -n 's/^cylinders=//p')
cat > "$dir/bochsrc" <<EOF
megs: 256
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=$dir/disk.img, mode=flat, cylinders=$cylinders, heads=16, spt=63
boot: disk
port_e9_hack: enabled=1
display_library: rfb, options="timeout=0"
clock: sync=none
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
log: $dir/bochs.log
panic: action=fatal
info: action=ignore
EOF
echo c > "$dir/rc"
# It ends by panic: the disk asks for it when it is done. Sound is named for its own
# choice, ALSA, aborts where there is no card.
timeout 600 bochs -q -f "$dir/bochsrc" -rc "$dir/rc" > "$dir/out.txt" 2> "$dir/err.txt" < /dev/null || true
"$dir/kernel.test" -test.run '^TestEmulated$' -emulate "$dir" -test.v

# A second Debian release in a folder, for tests. Sourced after common.sh.

# chroot_make SUITE FOLDER: a minimal system of that release, made when missing,
# with the machine's own archives. Needs root.
chroot_make() {
	local suite=$1 folder=$2 own uri release
	[ -e "$folder/.complete" ] && return 0
	[ "$(id -u)" -eq 0 ] || die "only root can make the $suite chroot"
	apt_install debootstrap || exit 1
	say "making a $suite chroot in $folder"
	chroot_leave "$folder"
	rm -rf "$folder"
	mkdir -p "$folder"
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$folder" "$(apt_main_archive)" \
		>"$folder.log" 2>&1 || die "debootstrap failed, see $folder.log: $(tail -n 1 "$folder.log")"
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	rm -f "$folder/etc/apt/sources.list"
	apt_archives | while IFS=$'\t' read -r uri release; do
		printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "${release/#$own/$suite}"
		printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
	done >"$folder/etc/apt/sources.list.d/debian.sources"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$folder/etc/hosts"
	# Nothing may start a service in there.
	printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
	chmod +x "$folder/usr/sbin/policy-rc.d"
	touch "$folder/.complete"
}

# chroot_enter FOLDER: mounts what programs expect to find.
chroot_enter() {
	mountpoint -q "$1/proc" || mount --bind /proc "$1/proc" || die "/proc cannot be mounted in $1"
	mountpoint -q "$1/dev" || mount --bind /dev "$1/dev" || die "/dev cannot be mounted in $1"
	mkdir -p "$1/dev/shm"
}

# chroot_leave FOLDER: undoes chroot_enter.
chroot_leave() {
	local place
	for place in dev proc; do
		mountpoint -q "$1/$place" 2>/dev/null && umount -l "$1/$place"
	done
	return 0
}

# chroot_run FOLDER COMMAND...: runs a command in there with a clean environment.
chroot_run() {
	local folder=$1
	shift
	chroot "$folder" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive ${CI:+CI="$CI"} "$@"
}

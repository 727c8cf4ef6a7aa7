# What the commands need from the machine's package archives. Sourced, not run.
#
# No archive address is written anywhere in this project: every one is read
# from the machine's own apt configuration.

# apt_install PACKAGE...: installs what is missing, without recommendations
# (the mediawiki package would otherwise bring a web and a database server).
apt_install() {
	local missing=() package
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$(id -u)" -ne 0 ]; then
		die "these packages are missing and only root can install them: ${missing[*]}"
	fi
	say "installing ${#missing[@]} packages: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	# Two commands of this project may run at once; apt itself does not wait for its lists.
	local lock
	exec {lock}>"$MWNATIVE_CACHE/apt.lock"
	flock "$lock"
	if [ -z "${MWNATIVE_APT_FRESH:-}" ]; then
		apt-get update -qq || die "apt-get update failed: look at the machine's apt sources"
		export MWNATIVE_APT_FRESH=1
	fi
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$MWNATIVE_CACHE/apt.log" 2>&1 ||
		die "apt-get install failed, see $MWNATIVE_CACHE/apt.log: $(tail -n 3 "$MWNATIVE_CACHE/apt.log")"
	exec {lock}>&-
}

# apt_archives: the machine's Debian archives, one "URI<tab>suite" a line.
apt_archives() {
	apt-get indextargets --format '$(SITE)	$(RELEASE)' \
		'Identifier: Packages' 'Component: main' | sort -u
}

# apt_main_archive: the URI of the archive that holds the running release itself.
apt_main_archive() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	apt_archives | awk -F '\t' -v s="$codename" '$2 == s { print $1; exit }'
}

# apt_fetch_source SUITE PACKAGE FOLDER: downloads the newest source package of
# another (or the same) Debian release into FOLDER, with an apt state of its
# own, so that the machine's is not touched.
apt_fetch_source() {
	local suite=$1 package=$2 folder=$3 own codename uri release
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg state="$MWNATIVE_CACHE/apt-$suite"
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$folder"
	apt_archives | while IFS=$'\t' read -r uri release; do
		case $release in "$own"|"$own"-*) ;; *) continue ;; esac
		codename=${release/#$own/$suite}
		printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$codename"
		[ -e "$keyring" ] && printf 'Signed-By: %s\n' "$keyring"
		printf '\n'
	done >"$state/archives.sources"
	local options=(
		-o "Dir::Etc::SourceList=$state/archives.sources"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$state/lists"
		-o "Dir::Cache=$state/cache"
		-o APT::Sandbox::User=root
	)
	apt-get "${options[@]}" update -qq >"$state/log" 2>&1 ||
		die "the source index of $suite cannot be read, see $state/log: $(tail -n 2 "$state/log")"
	# A mirror may lack the sources of security updates: the release's own version then.
	(cd "$folder" && { apt-get "${options[@]}" source -qq --download-only "$package" ||
		apt-get "${options[@]}" source -qq --download-only "$package/$suite"; }) >>"$state/log" 2>&1 ||
		die "the $suite source of $package cannot be fetched, see $state/log: $(tail -n 2 "$state/log")"
}

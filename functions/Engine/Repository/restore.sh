#!/bin/sh
# Restores PostgreSQL base backups from a repository of format 1 (FORMAT.md, beside this script) without any other program
# than sh, tar, zstd, jq and the usual small tools.
set -eu
umask 077
LC_ALL=C
TZ=UTC
export LC_ALL TZ

# PostgreSQL takes an exit status of 1 to 125 of a restore_command for "there is no more WAL" and ends recovery. So only a
# segment that is absent may end with 1; all other trouble ends with this.
wal_trouble=200
failure=4

usage() {
  cat <<'EOF'
usage: sh restore.sh list
       sh restore.sh restore DIR [BACKUP_ID] [--target-time TIME]
       sh restore.sh wal-get NAME DEST

  list      shows the base backups of this repository, oldest first
  restore   restores a base backup (the newest one, or the newest before TIME) into the new data directory DIR
            TIME needs a time zone: '2026-11-22 14:30:00+00'
  wal-get   is for restore_command: exits 0 (found), 1 (not in the repository) or 200 (any trouble)

Needs tar, zstd, jq. Exit codes: 0 done, 2 wrong usage, 3 refused, 4 trouble.
EOF
}

say() {
  printf '%s\n' "$*"
}

die() { # STATUS MESSAGE...
  status=$1
  shift
  printf 'restore.sh: %s\n' "$*" >&2
  exit "$status"
}

need() {
  for tool in tar zstd jq sha256sum truncate touch; do
    command -v "$tool" >/dev/null 2>&1 ||
      die "$failure" "'$tool' is not installed. To fix it: apt-get install tar zstd jq coreutils"
  done
}

check_repository() { # STATUS
  [ -r "$repository/repository.json" ] ||
    die "$1" "there is no readable repository at $repository. To fix it: run the script that stands in the repository"
  format=$(jq -r '"\(.format) \(.encryption)"' "$repository/repository.json") || die "$1" "repository.json is damaged"
  [ "$format" = '1 null' ] || die "$1" "the repository has format '$format', and this script knows '1 null' only"
}

commits() {
  for commit in "$repository"/base-backups/*/backup.json; do
    if [ -e "$commit" ]; then
      printf '%s\n' "$commit"
    fi
  done
}

list() {
  printf '%-20s %-28s %-10s %-16s %14s\n' ID 'FINISHED (UTC)' TIMELINE 'STOP LSN' 'BYTES'
  commits | while IFS= read -r commit; do
    jq -r '[.id, (.finishedAt | sub("\\+00:00$|Z$"; "")), .timeline, .stopLsn, .sizes.databaseBytes] | @tsv' "$commit" |
      while IFS='	' read -r name finished timeline stop bytes; do
        printf '%-20s %-28s %-10s %-16s %14s\n' "$name" "$finished" "$timeline" "$stop" "$bytes"
      done
  done
}

same_hash() { # EXPECTED FILE
  [ "$(sha256sum <"$2" | cut -c1-64)" = "$1" ]
}

# --- wal-get -----------------------------------------------------------------------------------------------------------

wal_get() { # NAME DEST
  name=$1
  dest=$2
  new=$dest.highwater-$$
  trap 'rm -f "$new" "$new.piece"; exit $wal_trouble' HUP INT TERM
  case $name in
    *[!0-9A-Fa-z.]* | '') die "$wal_trouble" "'$name' is not the name of a WAL file" ;;
    *.history) stored=$repository/wal-archive/$name ;;
    *.backup) stored=$repository/wal-archive/$(printf %s "$name" | cut -c1-16)/$name ;;
    *) stored=$repository/wal-archive/$(printf %s "$name" | cut -c1-16)/$name.zst ;;
  esac
  check_repository "$wal_trouble"
  attempt=1
  while [ ! -e "$stored" ]; do
    # Absent is an answer only if the place could be looked at.
    for folder in "$repository" "$repository/wal-archive" "$(dirname "$stored")"; do
      if [ -e "$folder" ]; then
        ls "$folder" >/dev/null || die "$wal_trouble" "cannot read $folder"
      fi
    done
    [ "${#name}" -eq 24 ] || exit 1
    state=0
    unfinished "$name" || state=$?
    if [ "$state" -eq 0 ]; then
      mv -f "$new" "$dest" || die_wal "cannot write $dest"
      exit 0
    fi
    # Streaming may go on meanwhile. Pieces go away, and later WAL comes, only after the segment is there whole.
    [ "$state" -eq 2 ] || [ -e "$stored" ] || exit 1
    attempt=$((attempt + 1))
    [ "$attempt" -le 5 ] || [ -e "$stored" ] || die_wal "pieces of $name go away while they are read"
  done
  case $stored in
    *.zst)
      plain "$stored" "$new"
      ;;
    *.history)
      # A cut one would lead recovery to another timeline. Its lines are whole, and the last one is ended.
      cat "$stored" >"$new" || die_wal "$stored cannot be read"
      [ "$(tail -c 1 "$new" | od -An -tx1 | tr -d ' ')" = 0a ] || die_wal "$stored is damaged"
      grep -Eq '^[[:space:]]*[0-9]+[[:space:]]+[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}([[:space:]]|$)' "$new" ||
        die_wal "$stored is damaged"
      ;;
    *) cat "$stored" >"$new" || die_wal "$stored cannot be read" ;;
  esac
  mv -f "$new" "$dest" || die_wal "cannot write $dest"
}

plain() { # STORED FILE: decompresses WAL and compares it with its first frame
  zstd -dcq "$1" >"$2" || die_wal "$1 cannot be decompressed"
  length=$(od -An -tu4 -j4 -N4 "$1" | tr -d ' ')
  expected=$(tail -c +9 "$1" | head -c "$length" | jq -r .sha256) || die_wal "$1 has no readable first frame"
  same_hash "$expected" "$2" || die_wal "$1 is damaged: its SHA-256 is not $expected"
}

# Of the segment that the server was writing when it was lost there may be pieces. They lead from one to the next; zeros
# fill the rest, and PostgreSQL takes the last whole record for the end of the WAL.
unfinished() { # SEGMENT: makes it in $new, or says no (1), or that a piece went away meanwhile (2)
  timeline=$(printf %s "$1" | cut -c1-8)
  folder=$repository/wal-archive/$(printf %s "$1" | cut -c1-16)
  end=0
  : >"$new"
  while next=; do
    for piece in "$folder/$1".*-*.partial.zst; do
      from=$(basename "$piece" | cut -c26-33)
      to=$(basename "$piece" | cut -c35-42)
      if [ -e "$piece" ] && [ "$((0x$from))" -eq "$end" ] && [ "$((0x$to))" -gt "$end" ]; then
        # The names of those from one place are in order: the last one leads farthest.
        next=$piece
        reached=$((0x$to))
      fi
    done
    [ -n "$next" ] || break
    (plain "$next" "$new.piece") || {
      rm -f "$new" "$new.piece"
      [ ! -e "$next" ] || exit "$wal_trouble"
      return 2
    }
    cat "$new.piece" >>"$new" || die_wal "cannot write $new"
    rm -f "$new.piece"
    end=$reached
  done
  judge_end "$1"
  if [ -s "$folder/$1.partial.zst" ]; then
    # What a promotion left of it. It ends where its timeline was left; if that is not known, pieces come first.
    pieces=$end
    end=$size
    judge_end "$1"
    if [ "$pieces" -eq 0 ] || { [ "$end" -lt "$size" ] && [ "$end" -gt "$pieces" ]; }; then
      plain "$folder/$1.partial.zst" "$new"
    else
      end=$pieces
    fi
  fi
  if [ "$end" -eq 0 ] || parent_leads_farther "$1"; then
    rm -f "$new"
    return 1
  fi
  truncate -s "$end" "$new" || die_wal "cannot write $new"
  truncate -s "$size" "$new" || die_wal "cannot write $new"
}

# PostgreSQL asks for the parent timeline's copy of a segment only if it does not get the child's, of which there may be less
# than the child has from its parent.
parent_leads_farther() { # SEGMENT: of which $end bytes are there
  [ -s "$repository/wal-archive/$timeline.history" ] || return 1
  origin='' # The last line tells where the timeline itself began.
  while read -r parent left _; do
    case $parent in
      *[!0-9]* | '') continue ;;
    esac
    origin=$parent
    fork=$(((0x${left%/*} << 32) + 0x${left#*/} - start))
  done <"$repository/wal-archive/$timeline.history"
  [ -n "$origin" ] && [ "$end" -le "$fork" ] || return 1
  parents=$(printf %08X "$origin")$(printf %s "$1" | cut -c9-24)
  folder=$repository/wal-archive/$(printf %s "$parents" | cut -c1-16)
  [ ! -s "$folder/$parents.zst" ] && [ ! -s "$folder/$parents.partial.zst" ] || return 0
  for piece in "$folder/$parents".*-*.partial.zst; do
    [ -e "$piece" ] || continue
    [ "$((0x$(basename "$piece" | cut -c35-42)))" -le "$end" ] || return 0
  done
  return 1
}

# Before a later whole segment there is a gap. And PostgreSQL would replay what an abandoned timeline has beyond the place
# where it was left.
judge_end() { # SEGMENT: lowers $end to what recovery may be given
  size=$(jq -r .walSegmentSize "$repository/repository.json")
  start=$(((0x$(printf %s "$1" | cut -c9-16) << 32) + 0x$(printf %s "$1" | cut -c17-24) * size))
  for later in "$repository/wal-archive/$timeline"*/"$timeline"????????????????.zst; do
    [ -s "$later" ] || continue
    later=$(basename "$later" .zst)
    [ "$(printf '%s\n' "$1" "$later" | sort | tail -n 1)" = "$1" ] || end=0
  done
  for history in "$repository"/wal-archive/*.history; do
    [ -e "$history" ] || continue
    found=no
    while read -r parent left _; do
      case $parent in
        *[!0-9]* | '') continue ;;
      esac
      # Its line, or one after it: a younger timeline may have been left earlier.
      [ "$parent" -ne "$((0x$timeline))" ] || found=yes
      [ "$found" = yes ] || continue
      left=$(((0x${left%/*} << 32) + 0x${left#*/} - start))
      [ "$left" -ge 0 ] || left=0
      [ "$left" -ge "$end" ] || end=$left
    done <"$history"
  done
}

die_wal() {
  rm -f "$new" "$new.piece"
  die "$wal_trouble" "$*"
}

# --- restore -----------------------------------------------------------------------------------------------------------

# Microseconds of an instant with its offset: date(1) differs from system to system, and jq itself reads UTC only.
# shellcheck disable=SC2016
micros='
  def micros:
    capture("^(?<d>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?<h>[0-9]{2}:[0-9]{2})(?<s>:[0-9]{2})?(\\.(?<f>[0-9]+))?"
      + " ?(?<z>Z|[+-][0-9]{2}(:[0-9]{2})?)$")
    | ((.d + "T" + .h + (.s // ":00") + "Z" | fromdate)
      - (if .z == "Z" then 0 else
          (.z[1:] | split(":") | (.[0] | tonumber) * 3600 + ((.[1] // "0") | tonumber) * 60)
          * (if .z[0:1] == "-" then -1 else 1 end) end)) * 1000000
      + (((.f // "") + "000000")[0:6] | tonumber);
'

choose_backup() { # prints the id of the newest base backup that ended before the target
  commits | while IFS= read -r commit; do
    jq -r "$micros"' "\(.finishedAt | micros) \(.id)"' "$commit"
  done | while read -r finished candidate; do
    # What is finer than a microsecond was cut off.
    if [ -z "$target_time" ] || [ "$finished" -lt "$target_micros" ]; then
      printf '%s\n' "$candidate"
    fi
  done | tail -n 1
}

check_target_time() {
  case $target_time in
    *[0-9]Z | *[+-][0-9][0-9] | *[+-][0-9][0-9]:[0-9][0-9]) ;;
    *) die 2 "the time '$target_time' has no time zone. To fix it: --target-time '2026-11-22 14:30:00+00'" ;;
  esac
  case $target_time in
    *[!0-9TZ:.+\ -]*) die 2 "'$target_time' is not a time. To fix it: --target-time '2026-11-22 14:30:00+00'" ;;
  esac
  target_micros=$(jq -rn --arg t "$target_time" "$micros"' $t | micros') ||
    die 2 "'$target_time' is not a time. To fix it: --target-time '2026-11-22 14:30:00+00'"
}

# Reads the file list and writes shell commands. Paths are quoted by jq; nothing else in them comes from outside but
# hexadecimal hashes and numbers, which jq checks.
# shellcheck disable=SC2016
script_of='
  def hash: if test("^[0-9a-f]{64}$") then . else error("not a hash: \(.)") end;
  def safe: if (startswith("/") or (split("/") | any(. == ".." or . == "." or . == ""))) then error("unsafe path: \(.)")
    else . end;
  def when: .mtime | gsub("[^0-9]"; "") | .[0:12] + "." + .[12:14];
  def content($size):
    foreach .runs[] as $run ({chunks: 0, out: []};
      (.chunks + ($run.zeros // ($run.chunks | length))) as $next
      | ([$next * $chunk, $size] | min) as $bytes
      | if $run.zeros then {chunks: $next, out: ["z \($bytes)"]}
        else {chunks: $next, out: [range(0; $run.chunks | length; 500) as $i
          | "c " + ([$run.chunks[$i:$i + 500][] | hash + ".zst"] | join(" "))]} end;
      .out[]);
  .path |= safe
  | (.type | ascii_downcase) as $type
  | (.mode | if test("^[0-7]{3,4}$") then . else error("not a mode: \(.)") end) as $mode
  | if $type == "directory" then "d \($mode | @sh) \(.path | @sh)"
    elif $type == "symlink" then "l \(.target | @sh) \(.path | @sh)"
    else .size as $size
      | "f \(.path | @sh)", (if .runs then content($size) else empty end),
        "e \($mode | @sh) \(when) \(.sha256 | hash)" end
'

d() { # MODE PATH
  mkdir -p "$dir/$2"
  [ "$1" = 0700 ] || chmod "$1" "$dir/$2"
}

l() { # TARGET PATH
  rmdir "$dir/$2" 2>/dev/null || :
  case $2 in
    pg_tblspc/*) tablespace_link "$1" "$dir/$2" ;;
    *) ln -s "$1" "$dir/$2" ;;
  esac
}

f() { # PATH: starts a file
  path=$1
  file=$dir/$1
  [ "$path" != global/pg_control ] || file=$work/pg_control
  : >"$file"
}

c() { # MEMBER...: appends chunks; the working directory is theirs
  zstd -dcq "$@" >>"$file" || die "$failure" "chunks of $path cannot be decompressed"
}

z() { # SIZE: appends zeros up to a size
  truncate -s "$1" "$file"
}

e() { # MODE TIME HASH: ends a file
  [ "$1" = 0600 ] || chmod "$1" "$file"
  touch -t "$2" "$file"
  printf '%s  %s\n' "$3" "$file" >>"$work/sums"
}

tablespace_link() { # LOCATION LINK
  mkdir -p "$1"
  [ -L "$2" ] || ln -s "$1" "$2"
}

extract_packs() {
  jq -r '.packs[] | "\(.sha256) \(.length)"' "$backup/backup.json" >"$work/packs"
  mkdir "$work/chunks"
  # Only the chunks this base backup names: packs may hold others.
  zstd -dcq "$backup/files.jsonl.zst" |
    jq -r '.runs[]? | select(.pack) | .pack as $p | .chunks[] | "\($p) \(.).zst"' | sort -u >"$work/members"
  while read -r pack length; do
    stored=$repository/packs/$(printf %s "$pack" | cut -c1-2)/$pack.tar
    [ -r "$stored" ] || die "$failure" "the pack $stored is missing. To fix it: copy it from the other repository"
    same_hash "$pack" "$stored" ||
      die "$failure" "the pack $stored is damaged. To fix it: copy it from the other repository ($length bytes)"
    sed -n "s/^$pack //p" "$work/members" >"$work/wanted"
    tar -xf "$stored" -C "$work/chunks" -T "$work/wanted" || die "$failure" "the pack $stored cannot be extracted"
  done <"$work/packs"
}

check_sums() {
  [ -s "$work/sums" ] || die "$failure" "the file list names no file"
  sha256sum -c "$work/sums" >"$work/checked" 2>&1 || {
    grep -v ': OK$' "$work/checked" >&2 || :
    die "$failure" "the files above are not what was backed up. To fix it: restore from the other repository"
  }
}

# PostgreSQL follows a later timeline only through its history file; without it, it would end on an older one and call that
# success.
check_histories() {
  for folder in "$repository"/wal-archive/*/; do
    timeline=$(basename "$folder" | cut -c1-8)
    if [ -d "$folder" ] && [ "$timeline" != 00000001 ] && [ ! -e "$repository/wal-archive/$timeline.history" ]; then
      die 3 "wal-archive has WAL of timeline $timeline but not $timeline.history. To fix it: copy that file from another" \
        "repository or the server's pg_wal; without it recovery would end on an older timeline"
    fi
  done
}

write_settings() {
  auto=$dir/postgresql.auto.conf
  touch "$auto"
  # Settings of an earlier recovery would contradict these.
  old='restore_command|archive_cleanup_command|recovery_end_command|recovery_min_apply_delay|recovery_target[a-z_]*'
  old="$old|primary_conninfo|primary_slot_name|promote_trigger_file|standby_mode"
  grep -Eiv "^[[:space:]]*($old)[[:space:]=]" "$auto" >"$work/auto" || :
  # Two layers of quoting: a word for sh, in a string for postgresql.conf; and % is PostgreSQL's.
  script=$(printf %s "$repository/restore.sh" | sed "s/%/%%/g; s/'/'\\\\''/g; s/'/''/g; s/\\\\/\\\\\\\\/g")
  {
    printf '# Written by restore.sh: recovery from base backup %s\n' "$id"
    # A shell that cannot even read the script ends with 2: that must not look like the end of the WAL either.
    printf "restore_command = 'sh ''%s'' wal-get \"%%f\" \"%%p\"; s=\$?; [ \$s -le 1 ] || exit 200; exit \$s'\n" \
      "$script"
    printf "recovery_target_timeline = 'latest'\n"
    if [ -n "$target_time" ]; then
      printf "recovery_target_time = '%s'\n" "$target_time"
      printf "recovery_target_action = 'promote'\n"
    fi
  } >>"$work/auto"
  cat "$work/auto" >"$auto"
  : >"$dir/recovery.signal"
  for conf in postgresql.conf pg_hba.conf; do
    if [ ! -e "$dir/$conf" ]; then
      say "note: the server kept $conf outside its data directory (Debian does); an empty one was written."
      printf '# Empty: the backed up server kept this file outside its data directory.\n' >"$dir/$conf"
    fi
  done
}

prepare_directory() {
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd -P)
  if [ -e "$dir/highwater-restore-incomplete" ]; then
    die 3 "$dir holds a restore that did not finish. To fix it: remove the directory and restore again"
  fi
  [ -z "$(ls -A "$dir")" ] || die 3 "$dir is not empty. To fix it: name a directory that does not exist yet"
  jq -r '.tablespaces[]?.location' "$backup/backup.json" | while IFS= read -r location; do
    [ ! -e "$location" ] || [ -z "$(ls -A "$location")" ] ||
      die 3 "the tablespace directory $location is not empty. To fix it: restore on another machine or move it away"
  done || exit 3
  : >"$dir/highwater-restore-incomplete"
  work=$dir.restore-$$
  mkdir "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' HUP INT TERM
}

restore() { # DIR ID
  dir=$1
  id=$2
  target_micros=
  [ -z "$target_time" ] || check_target_time
  [ -n "$id" ] || id=$(choose_backup)
  [ -n "$id" ] || die 3 "no base backup here ended before the target. To fix it: see 'sh restore.sh list'"
  backup=$repository/base-backups/$id
  [ -r "$backup/backup.json" ] || die 3 "there is no base backup $id. To fix it: see 'sh restore.sh list'"
  same_hash "$(jq -r .fileList.sha256 "$backup/backup.json")" "$backup/files.jsonl.zst" ||
    die "$failure" "$backup/files.jsonl.zst is damaged. To fix it: restore from the other repository"
  check_histories
  prepare_directory
  say "restoring base backup $id into $dir"
  extract_packs
  chunk_size=$(jq -r .chunkSize "$backup/backup.json")
  zstd -dcq "$backup/files.jsonl.zst" | jq -r --argjson chunk "$chunk_size" "$script_of" >"$work/script" ||
    die "$failure" "the file list of $id cannot be read"
  cd "$work/chunks"
  # shellcheck disable=SC1091
  . "$work/script"
  cd "$repository"
  check_sums
  zstd -dcq "$backup/backup_manifest.zst" >"$dir/backup_manifest"
  write_settings
  # PostgreSQL does not start without pg_control, so it comes last and only when everything else is on the disk.
  sync
  mv "$work/pg_control" "$dir/global/pg_control"
  rm "$dir/highwater-restore-incomplete"
  sync
  say "restored and verified $(wc -l <"$work/sums" | tr -d ' ') files."
  if [ "$(id_of_user)" = 0 ]; then
    say "PostgreSQL refuses to run as root. Next: chown -R postgres: '$dir'"
  fi
  say "Then start it: pg_ctl -D '$dir' start (it recovers with WAL from $repository)"
}

id_of_user() {
  command id -u
}

# --- start -------------------------------------------------------------------------------------------------------------

[ $# -gt 0 ] || {
  usage >&2
  exit 2
}
verb=$1
shift
case $verb in
  wal-get) set +e ;;
esac
repository=$(cd "$(dirname "$0")" && pwd -P) || exit "$wal_trouble"

case $verb in
  list)
    need
    check_repository "$failure"
    list
    ;;
  restore)
    [ $# -gt 0 ] || die 2 "the new data directory is missing: sh restore.sh restore DIR"
    into=$1
    shift
    wanted=
    target_time=
    while [ $# -gt 0 ]; do
      case $1 in
        --target-time)
          [ $# -gt 1 ] || die 2 "--target-time needs a time"
          target_time=$2
          shift
          ;;
        -*) die 2 "there is no option $1" ;;
        *) wanted=$1 ;;
      esac
      shift
    done
    need
    check_repository "$failure"
    restore "$into" "$wanted"
    ;;
  wal-get)
    [ $# -eq 2 ] || die "$wal_trouble" "usage: sh restore.sh wal-get NAME DEST"
    wal_get "$1" "$2"
    ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_answers.sh: the answers of `rask csv` on real files, to the last digit those of an independent
# program, for ranks, threads and block sizes.
. "$(dirname "$0")/csv.bash"
needs_python
reference=$here/csv_reference.py

# same NAME EXPECTED RANKS ARGUMENT...: what the command prints is the expected file, byte for byte.
same()
{
    local name=$1 expected=$2 ranks=$3
    shift 3
    on_ranks "$ranks" "$RASK" csv --format csv --quiet "$@" >"$scratch/out" 2>"$scratch/err"
    local code=$?
    if [ $code != 0 ]; then
        fail "$name: exit code $code: $(head -c 300 "$scratch/err")"
    elif ! cmp -s "$expected" "$scratch/out"; then
        fail "$name on $ranks ranks ($*): $(diff "$expected" "$scratch/out" | head -5)"
    fi
}

# everywhere NAME ARGUMENT...: the expected file in all launch forms and block sizes.
everywhere()
{
    local name=$1 block
    shift
    same "$name" "$scratch/expected" 1 --threads 1 "$@"
    same "$name" "$scratch/expected" 1 --threads 2 "$@"
    for block in 1KiB 10007 64KiB 1MiB 64MiB; do
        same "$name" "$scratch/expected" 1 --threads 2 --block "$block" "$@"
    done
    has_mpi || return
    same "$name" "$scratch/expected" 2 --block 100KiB "$@"
    same "$name" "$scratch/expected" 4 --threads 2 --block 64KiB "$@"
}

registries()
{
    set -- /usr/share/ieee-data/*.csv
    [ -e "$1" ] || { echo "SKIP (part): no ieee-data"; return; }
    python3 "$reference" "Organization Name" "count|nunique:Registry|first:Assignment|last:Assignment" "" \
        "Organization Name=text|Registry=text|Assignment=text" "$@" >"$scratch/expected"
    everywhere registries --by "Organization Name" \
        --agg count,nunique:Registry,first:Assignment,last:Assignment "$@"
}

weather()
{
    find_data nycflights13 || { echo "SKIP (part): no nycflights13"; return; }
    python3 "$reference" "origin|month" \
        "count|mean:temp|sum:temp|var:wind_speed|std:humid|min:pressure|max:temp|nunique:wind_dir|sum:wind_dir|mean:wind_dir|var:wind_dir|count:wind_gust|first:time_hour|last:time_hour" \
        "row['humid'] is not None and row['humid'] > 50" \
        "origin=text|month=int64|temp=float64|wind_speed=float64|humid=float64|pressure=float64|wind_dir=int64|wind_gust=float64|time_hour=text" \
        "$data/weather.csv" >"$scratch/expected"
    everywhere weather --by origin,month --where 'humid > 50' --types time_hour=text --agg \
        count,mean:temp,sum:temp,var:wind_speed,std:humid,min:pressure,max:temp,nunique:wind_dir \
        --agg sum:wind_dir,mean:wind_dir,var:wind_dir,count:wind_gust,first:time_hour,last:time_hour \
        "$data/weather.csv"
}

# Columns appear over the years, codes have leading zeros, notes hold quoted commas.
regions()
{
    find_data covid-it-regioni || { echo "SKIP (part): no covid-it-regioni"; return; }
    local files
    mapfile -t files < <(find "$data" -name '*.csv' | LC_ALL=C sort)
    python3 "$reference" denominazione_regione \
        "count|sum:totale_casi|mean:nuovi_positivi|std:lat|nunique:data|first:note|last:note|sum:tamponi_test_molecolare" \
        "row['codice_regione'] < '15'" \
        "denominazione_regione=text|totale_casi=int64|nuovi_positivi=int64|lat=float64|data=text|note=text|codice_regione=text|tamponi_test_molecolare=int64" \
        "${files[@]}" >"$scratch/expected"
    everywhere regions --by denominazione_regione --where "codice_regione < '15'" \
        --types data=text,codice_regione=text \
        --agg count,sum:totale_casi,mean:nuovi_positivi,std:lat,nunique:data,first:note,last:note \
        --agg sum:tamponi_test_molecolare "$data"
}

# No header, CRLF, many groups.
names()
{
    find_data babynames || { echo "SKIP (part): no babynames"; return; }
    local files
    mapfile -t files < <(find "$data" -name 'yob19[0-3]*.txt' | LC_ALL=C sort)
    HEADER=no python3 "$reference" "c1|c2" "count|sum:c3|mean:c3|max:c3|var:c3" "row['c3'] > 10" \
        "c1=text|c2=text|c3=int64" "${files[@]}" >"$scratch/expected"
    everywhere names --no-header --by c1,c2 --where 'c3 > 10' \
        --agg count,sum:c3,mean:c3,max:c3,var:c3 "$data/yob19[0-3]*.txt"
}

# Quoted line ends and quotes that no cut can guess: records that look like other records inside.
quoted()
{
    python3 - "$scratch/quoted.csv" <<'END'
import csv, random, sys
random.seed(7)
with open(sys.argv[1], "w", newline="") as stream:
    out = csv.writer(stream, lineterminator="\n")
    out.writerow(["id", "text", "value"])
    for i in range(3000):
        lines = ["%d,x,%d" % (random.randrange(9), random.randrange(99)) for _ in range(random.randrange(9))]
        text = "\n".join(lines) if random.random() < 0.3 else 'a "b", c' if random.random() < 0.3 else "p"
        out.writerow([i % 13, text, random.randrange(-10**9, 10**9) / 1000])
END
    python3 "$reference" id "count|nunique:text|sum:value|var:value|first:text|last:text|min:text" "" \
        "id=int64|text=text|value=float64" "$scratch/quoted.csv" >"$scratch/expected"
    everywhere quoted --by id --agg \
        count,nunique:text,sum:value,var:value,first:text,last:text,min:text "$scratch/quoted.csv"
}

registries
weather
regions
names
quoted
finish

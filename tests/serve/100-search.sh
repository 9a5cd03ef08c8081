#!/bin/bash
# Searching by words, and seeing what changes.
. "$(dirname "$0")/lib.sh"

for name in left-pad pad @s/padding other; do
	make_version $name 1.0.0
	put $name 1.0.0 1.0.0
done
make_version held 1.0.0
HOLD='' put held 1.0.0 1.0.0
serve
names() { member '" ".join(o["package"]["name"] for o in d["objects"])'; }

get 200 "$NPM/-/v1/search?text=pad&size=20"
is pad "$(names)" 'pad @s/padding left-pad'
is total "$(member 'd["total"]')" 3
is fields "$(member 'd["objects"][0]["package"]["version"]')" 1.0.0
is date "$(member 'd["objects"][0]["package"]["date"]')" 2020-01-01T00:00:00.000Z
get 200 "$NPM/-/v1/search?text=pad&size=1&from=1"
is paged "$(names)" @s/padding
is total "$(member 'd["total"]')" 3
get 200 "$NPM/-/v1/search?text=LEFT+package"
is 'two words' "$(names)" left-pad
get 200 "$NPM/-/v1/search?text=keywords:other-word"
is keyword "$(names)" other
get 200 "$NPM/-/v1/search?text=nothing-like-it"
is none "$(names)" ''
get 200 "$NPM/-/v1/search?text=held"
is 'no version held' "$(names)" ''
get 200 "$NPM/-/v1/search"
is all "$(member 'd["total"]')" 4
get 200 "$NPM/-/v1/search?text=%22%3c&size=x&from=-1"

make_version newpad 2.0.0 
put newpad 2.0.0 2.0.0
found() { curl -sS "$NPM/-/v1/search?text=newpad" | grep -qF '"version":"2.0.0"'; }
wait_for 3 found
stop

say "an index without room says so and goes on"
printf 'serve = { search_index = "1k"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 "$NPM/-/v1/search?text=pad"
has "$T/ferryd.log" 'the search index is full'
stop

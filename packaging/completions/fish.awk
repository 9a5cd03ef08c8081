# Completion for fish, from what options.awk has read.

function print_options(who, when,    i, name, what) {
	for (i = 1; i <= options[who]; i++) {
		name = option[who, i]
		what = value[who, name]
		printf "complete -c %s%s -l %s", who == "ferryd" ? who : "ferry", \
		    when, substr(name, 3)
		if (is_file(what))
			printf " -r -F"
		else if (choices(what) != "")
			printf " -x -a '%s'", choices(what)
		else if (what != "")
			printf " -x"
		if (saying[who, name] != "")
			printf " -d '%s'", saying[who, name]
		print ""
	}
}

function print_words(who, when,    i, name) {
	for (i = 1; i <= words[who]; i++) {
		name = word[who, i]
		printf "complete -c ferry%s -f -a %s", when, name
		if (word_saying[who, name] != "")
			printf " -d '%s'", word_saying[who, name]
		print ""
	}
}

END {
	print "# Completion of ferry and ferryd, made from what they say with --help."
	print_words("", " -n __fish_use_subcommand")
	print_options("", "")
	for (n = 1; n <= whose_n; n++) {
		who = whose[n]
		if (who == "ferryd")
			print_options(who, "")
		if (who == "" || who == "ferryd")
			continue
		print_words(who, " -n '__fish_seen_subcommand_from " who "'")
		print_options(who, " -n '__fish_seen_subcommand_from " who "'")
	}
}

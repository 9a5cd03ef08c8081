# Completion for zsh, from what options.awk has read.

function print_options(who, indent,    i, name, what) {
	for (i = 1; i <= options[who]; i++) {
		name = option[who, i]
		what = value[who, name]
		printf "%s'%s[%s]", indent, name, saying[who, name]
		if (is_file(what))
			printf ":%s:_files", what
		else if (choices(what) != "")
			printf ":value:(%s)", choices(what)
		else if (what != "")
			printf ":%s: ", what
		print "' \\"
	}
}

function print_words(who, indent,    i, name) {
	for (i = 1; i <= words[who]; i++) {
		name = word[who, i]
		printf "%s'%s%s'\n", indent, name, \
		    word_saying[who, name] == "" ? "" : ":" word_saying[who, name]
	}
}

END {
	print "#compdef ferry ferryd"
	print "# Completion of ferry and ferryd, made from what they say with --help."
	print "_ferry() {"
	print "\tlocal state line curcontext=$curcontext"
	print "\tlocal -a words_of"
	print "\ttypeset -A opt_args"
	print "\tif [[ $service == ferryd ]]; then"
	print "\t\t_arguments \\"
	print_options("ferryd", "\t\t\t")
	print "\t\t\t&& return"
	print "\t\treturn 1"
	print "\tfi"
	print "\t_arguments -C \\"
	print_options("", "\t\t")
	print "\t\t'1: :->command' '*:: :->rest' && return"
	print "\tif [[ $state == command ]]; then"
	print "\t\twords_of=("
	print_words("", "\t\t\t")
	print "\t\t)"
	print "\t\t_describe command words_of"
	print "\t\treturn"
	print "\tfi"
	print "\tcase $words[1] in"
	for (n = 1; n <= whose_n; n++) {
		if (whose[n] == "" || whose[n] == "ferryd")
			continue
		print "\t" whose[n] ")"
		if (words[whose[n]] > 0) {
			print "\t\twords_of=("
			print_words(whose[n], "\t\t\t")
			print "\t\t)"
			print "\t\t(( CURRENT == 2 )) && _describe action words_of"
		}
		print "\t\t_arguments \\"
		print_options(whose[n], "\t\t\t")
		print "\t\t\t'*:file:_files' ;;"
	}
	print "\tesac"
	print "}"
	print "_ferry \"$@\""
}

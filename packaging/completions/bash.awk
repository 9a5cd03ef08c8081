# Completion for bash, from what options.awk has read.

function words_of(who,    i, s) {
	for (i = 1; i <= words[who]; i++)
		s = s (i > 1 ? " " : "") word[who, i]
	return s
}

function options_of(who,    i, s) {
	for (i = 1; i <= options[who]; i++)
		s = s (i > 1 ? " " : "") option[who, i]
	return s
}

function print_values(who,    i, name, what) {
	for (i = 1; i <= options[who]; i++) {
		name = option[who, i]
		what = value[who, name]
		if (what == "")
			continue
		printf "\t%s%s)", who == "" ? "*/" : "\"" who "\"/", name
		if (is_file(what))
			print " COMPREPLY=($(compgen -f -- \"$cur\")); return ;;"
		else if (choices(what) != "")
			printf " COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n", choices(what)
		else
			print " compopt +o default; return ;;"
	}
}

END {
	print "# Completion of ferry and ferryd, made from what they say with --help."
	print "_ferry() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
	print "\tlocal who= first= i words= options="
	print "\tCOMPREPLY=()"
	print "\tif [ \"$1\" = ferryd ]; then"
	print "\t\twho=ferryd"
	print "\telse"
	print "\t\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\t\tcase ${COMP_WORDS[i]} in"
	print "\t\t\t--config | --store) ((i++)) ;;"
	print "\t\t\t-*) ;;"
	print "\t\t\t*) who=${COMP_WORDS[i]} first=$((i + 1)); break ;;"
	print "\t\t\tesac"
	print "\t\tdone"
	print "\tfi"
	print "\tcase $who/$prev in"
	for (n = 1; n <= whose_n; n++)
		print_values(whose[n])
	print "\tesac"
	print "\tcase $who in"
	for (n = 1; n <= whose_n; n++)
		printf "\t%s) words=\"%s\" options=\"%s\" ;;\n", \
		    whose[n] == "" ? "''" : whose[n], words_of(whose[n]), \
		    options_of(whose[n])
	print "\tesac"
	print "\tif [[ $cur == -* ]]; then"
	print "\t\t[ -z \"$who\" ] || [ \"$who\" = ferryd ] ||"
	printf "\t\t\toptions=\"$options %s\"\n", options_of("")
	print "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))"
	print "\telif [ -z \"$first\" ] || [ \"$first\" = \"$COMP_CWORD\" ]; then"
	print "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))"
	print "\tfi"
	print "}"
	print "complete -o default -F _ferry ferry ferryd"
}

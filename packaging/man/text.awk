# What the makers of pages share.

BEGIN {
	code["\\"] = "\\e"
	code["-"] = "\\-"
	code["\""] = "\\(dq"
	code["'"] = "\\(aq"
	code["`"] = "\\(ga"
	code["^"] = "\\(ha"
	code["~"] = "\\(ti"
}

# For a line of text, or within quotes.
function escape(s,    i, c, out) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		out = out ((c in code) ? code[c] : c)
	}
	return out ~ /^\./ ? "\\&" out : out
}

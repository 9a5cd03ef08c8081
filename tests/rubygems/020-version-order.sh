#!/bin/bash
# Order, pre-releases and requirements are those of the installed Ruby's own
# Gem::Version and Gem::Requirement: 2,000 random pairs of each, and everything
# that is no version for one is none for the other.
. "$(dirname "$0")/lib.sh"

cat >"$T/pairs.rb" <<'END'
srand((ENV["SEED"] || 12).to_i)
WORDS = %w[a b rc alpha beta pre x A RC]
def part
  case rand(10)
  when 0..5 then rand(4) == 0 ? rand(10**rand(1..20)).to_s : rand(4).to_s
  when 6 then "0" + rand(20).to_s
  when 7 then WORDS.sample
  when 8 then WORDS.sample + rand(12).to_s
  else rand(3).to_s + WORDS.sample
  end
end
def number
  return ["", "a", "1..0", "1.", ".1", "1.0_1", "1.0-", "1--", "1.0+b", " 1.0 ",
      "1. 0", "-1", "1a", "1-a.-b", "1.0-x.y-z", "1.0.-1"].sample if rand(12) == 0
  v = ([rand(4).to_s] + Array.new(rand(4)) { part }).join(".")
  v += "-" + part if rand(8) == 0
  v
end
OPS = ["=", "!=", ">", "<", ">=", "<=", "~>", ""]
def requirement
  Array.new(rand(1..2)) { (o = OPS.sample) + (o.empty? ? "" : " ") + number }.join(", ")
end
n = 2000
n.times { puts ["cmp", number, number].join("\t") }
n.times { puts ["has", requirement, number].join("\t") }
n.times { puts ["pre", number].join("\t") }
END
cat >"$T/oracle.rb" <<'END'
STDIN.each_line do |l|
  verb, a, b = l.chomp.split("\t", -1)
  begin
    puts(case verb
    when "cmp" then Gem::Version.new(a) <=> Gem::Version.new(b)
    when "has"
      # Every term needs a version, as in an index.
      terms = a.split(",", -1)
      raise ArgumentError if terms.size > 1 && terms.any? { |t| t.strip.empty? }
      v = Gem::Version.new(b)
      raise ArgumentError if terms.any? { |t| t =~ /\A\s*(=|!=|>|<|>=|<=|~>)\s*\z/ }
      r = terms.empty? || terms.all? { |t| t.strip.empty? } ? Gem::Requirement.default : Gem::Requirement.new(*terms)
      r.satisfied_by?(v) ? 1 : 0
    when "pre" then Gem::Version.new(a).prerelease? ? 1 : 0
    end)
  rescue ArgumentError
    puts "bad"
  end
end
END
cd "$T"
ruby pairs.rb >pairs
ruby oracle.rb <pairs >want
"$FERRY_BUILD/tests/tools/gemver" <pairs >got
[ "$(wc -l <got)" = 6000 ] || fail "$(wc -l <got) answers"
paste pairs want got | awk -F'\t' '$(NF) != $(NF - 1)' >differ
[ ! -s differ ] || {
	head -20 differ >&2
	fail "$(wc -l <differ) differ"
}
say "$(sort want | uniq -c | tr -s ' \n' ' ')"
for word in -1 0 1 bad; do
	[ "$(grep -c -- "^$word$" want)" -gt 100 ] || fail "too few $word"
done

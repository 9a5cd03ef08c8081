# Random universes of gems, and whether Bundler resolves them alike from two
# registries.
#
#	ruby gem_universes.rb make FIRST N >recipe     for mkgems.rb
#	ruby gem_universes.rb conf FIRST N URL         upstreams for ferry.conf
#	ruby gem_universes.rb lock FIRST N URL URL     bundle lock from each
#
# A universe is a few gems whose versions need one another, and what a Gemfile
# wants of them; its gems are called uSEED-a, uSEED-b ….  The newest versions often do
# not go together.
require "tmpdir"

PLATFORMS = %w[x86_64-linux java]

Universe = Struct.new(:seed) do
  def initialize(seed)
    super
    @random = Random.new(seed)
    @names = ("a".."z").first(5 + @random.rand(5)).map { |c| "u#{seed}-#{c}" }
    @versions = @names.to_h { |n| [n, Array.new(1 + @random.rand(5)) { |i| version(i) }.uniq] }
    @gems = @names.flat_map { |n| @versions[n].flat_map { |v| variants(n, v) } }
    @wants = @names.sample(1 + @random.rand(3), random: @random).map { |n| [n, requirement(n)] }
  end
  attr_reader :gems, :wants

  def version(i)
    v = "#{1 + i / 2}.#{i % 2}"
    v += ".a" if @random.rand(20) == 0
    v
  end

  def requirement(name)
    v = @versions[name].sample(random: @random)
    case @random.rand(8)
    when 0 then "= #{v}"
    when 1 then "~> #{v}"
    when 2 then "<= #{v}"
    when 3 then "< #{v}"
    when 4 then ">= #{v}"
    when 5 then "!= #{v}"
    else ">= 0"
    end
  end

  def needs(name)
    # Only of those behind it: Bundler ends at the first circle, whatever else
    # there is.  And of gems that are not there, now and then.
    others = @names.drop_while { |n| n != name }.drop(1)
    others.sample(@random.rand(4), random: @random).to_h { |n| [n, requirement(n)] }
      .merge(@random.rand(40) == 0 ? { "u#{seed}-absent" => ">= 0" } : {})
  end

  def variants(name, version)
    n = needs(name)
    ruby = @random.rand(15) == 0 ? ">= 9" : ">= 0"
    list = [[name, version, "ruby", n, ruby]]
    if @random.rand(8) == 0
      list = [] if @random.rand(4) == 0
      list += PLATFORMS.sample(1 + @random.rand(2), random: @random).map { |p|
        [name, version, p, @random.rand(2) == 0 ? n : needs(name), ruby] }
    end
    list
  end

  def gemfile(url)
    "source #{url.inspect}\n" + wants.map { |n, r| "gem #{n.inspect}, #{r.inspect}\n" }.join
  end

  def to_s
    gems.map { |n, v, p, d, r| "#{n} #{v} #{p} #{d} #{r}\n" }.join
  end
end

# What `bundle lock` says: [whether, output, lock file].
def lock(universe, url)
  Dir.mktmpdir do |dir|
    File.write("#{dir}/Gemfile", universe.gemfile(url))
    pid = fork do
      Dir.chdir(dir)
      ENV["BUNDLE_GEMFILE"] = "#{dir}/Gemfile"
      ENV["HOME"] = ENV["BUNDLE_USER_HOME"] = dir
      $stdout.reopen("#{dir}/out")
      $stderr.reopen($stdout)
      Bundler.with_friendly_errors { Bundler::CLI.start(["lock"]) }
    end
    Process.wait(pid)
    file = "#{dir}/Gemfile.lock"
    # The registries differ in their URLs alone.
    text = File.exist?(file) ? File.read(file).gsub(url, "URL") : ""
    [$?.success?, File.read("#{dir}/out"), text]
  end
end

verb, first, n, *urls = ARGV
universes = (first.to_i...first.to_i + n.to_i).map { |seed| Universe.new(seed) }
case verb
when "make"
  universes.each do |u|
    u.gems.each do |name, v, p, needs, ruby|
      puts "gem #{name.inspect}, #{v.inspect}, #{p.inspect}, needs: #{needs}, required_ruby_version: #{ruby.inspect}"
    end
  end
  puts "index"
when "conf"
  puts universes.map { |u|
    wants = u.wants.map { |name, r| "#{name} #{r}".inspect }.join(", ")
    %({ name = "u#{u.seed}"; format = "rubygems"; url = "#{urls[0]}"; ruby = "#{RUBY_VERSION}"; packages = [ #{wants} ]; })
  }.join(",\n")
when "lock"
  require "bundler"
  require "bundler/cli"
  require "bundler/friendly_errors"
  solved = same = 0
  universes.each do |u|
    ok, _, there = lock(u, urls[0])
    next unless ok
    solved += 1
    here_ok, out, here = lock(u, urls[1])
    abort "seed #{u.seed}: Bundler finds\n#{there}\nand with what is here:\n#{out}\n#{u.gemfile("")}\n#{u}" unless here_ok
    same += 1 if here == there
  end
  puts "#{universes.size} universes, #{solved} resolved, #{same} alike"
end

# A static RubyGems registry, made with RubyGems' own builder and indexer.
#
#	ruby mkgems.rb DIR <<END
#	gem "foo", "1.0", "java", needs: { "bar" => [">= 1", "< 3"] }
#	yank "foo", "0.9"
#	index             # /versions, /info/*, /names
#	marshal           # specs.4.8.gz … and quick/
#	END
#
# DIR/order has what was published, in that order.  A second `index` appends to
# DIR/versions what changed, as registries do; `index :anew` rebuilds it.
require "digest"
require "fileutils"
require "rubygems/indexer"
require "rubygems/package"
require "tmpdir"

# Built again, a gem has the same bytes.
ENV["SOURCE_DATE_EPOCH"] ||= "1714557600"

DIR = File.expand_path(ARGV[0])
FileUtils.mkdir_p("#{DIR}/gems")
FileUtils.mkdir_p("#{DIR}/info")

# `gem` is not to be the one that RubyGems itself calls.
class Registry
  def order
    File.exist?("#{DIR}/order") ? File.readlines("#{DIR}/order", chomp: true) : []
  end

  # files: { path => content }; others as of Gem::Specification.
  def gem(name, version, platform = "ruby", needs: {}, dev: {}, files: nil, size: 0, **more)
    spec = Gem::Specification.new do |s|
      s.name, s.version, s.platform = name, version, platform
      s.summary = "#{name} for tests"
      s.description = "What #{name} #{version} is."
      s.authors = ["Anna", "Bert"]
      s.email = "anna@example.org"
      s.homepage = "https://example.org/#{name}"
      s.licenses = ["MIT"]
      s.date = Time.utc(2024, 5, 1)
      needs.each { |n, r| s.add_runtime_dependency(n, *r) }
      dev.each { |n, r| s.add_development_dependency(n, *r) }
      more.each { |k, v| s.send("#{k}=", v) }
    end
    files ||= { "lib/#{name}.rb" => "module #{name.gsub(/[^A-Za-z0-9]/, "_").capitalize}\n" \
      "  VERSION = \"#{version}\"\n  PLATFORM = \"#{platform}\"\nend\n" }
    files = files.merge("data" => Random.new(size).bytes(size)) if size > 0
    Dir.mktmpdir do |dir|
      Dir.chdir(dir) do
        files.each do |path, content|
          FileUtils.mkdir_p(File.dirname(path))
          File.binwrite(path, content)
        end
        spec.files = files.keys
        # It warns of what gems for tests lack.
        out = $stderr.dup
        $stderr.reopen(File::NULL)
        file = Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec, true) }
        $stderr.reopen(out)
        FileUtils.mv(file, "#{DIR}/gems/#{file}")
      end
    end
    File.open("#{DIR}/order", "a") { |f| f.puts(spec.full_name) } unless order.include?(spec.full_name)
  end

  def yank(name, version, platform = "ruby")
    full = [name, version, (platform unless platform == "ruby")].compact.join("-")
    File.write("#{DIR}/order", order.reject { |o| o == full }.map { |o| o + "\n" }.join)
    FileUtils.rm_f("#{DIR}/gems/#{full}.gem")
    FileUtils.rm_f("#{DIR}/quick/Marshal.4.8/#{full}.gemspec.rz")
    File.write("#{DIR}/yanked", "#{name} #{version}#{"-" + platform unless platform == "ruby"}\n", mode: "a")
  end

  def text(spec)
    spec.version.to_s + (spec.platform == "ruby" ? "" : "-#{spec.platform}")
  end

  def join(requirement)
    requirement.requirements.map { |o, v| "#{o} #{v}" }.sort.join("&")
  end

  def line(spec, sha256)
    needs = spec.runtime_dependencies.sort_by(&:name).map { |d| "#{d.name}:#{join(d.requirement)}" }
    meta = ["checksum:#{sha256}"]
    meta << "ruby:#{join(spec.required_ruby_version)}" unless spec.required_ruby_version.to_s == ">= 0"
    meta << "rubygems:#{join(spec.required_rubygems_version)}" unless spec.required_rubygems_version.to_s == ">= 0"
    meta << "created_at:#{ENV["CREATED_AT"]}" if ENV["CREATED_AT"]
    "#{text(spec)} #{needs.join(",")}|#{meta.join(",")}"
  end

  def index(how = :append)
    by = Hash.new { |h, k| h[k] = [] }
    yanked = File.exist?("#{DIR}/yanked") ? File.readlines("#{DIR}/yanked", chomp: true).map(&:split) : []
    yanked.each { |name, _| by[name] }
    order.each do |full|
      file = "#{DIR}/gems/#{full}.gem"
      spec = Gem::Package.new(file).spec
      by[spec.name] << [spec, Digest::SHA256.file(file).hexdigest]
    end
    changed = []
    by.sort.each do |name, list|
      body = "---\n" + list.map { |s, d| line(s, d) + "\n" }.join
      old = File.exist?("#{DIR}/info/#{name}") ? File.read("#{DIR}/info/#{name}") : ""
      next if old == body && how == :append
      had = old.lines.map { |l| l.split(" ").first }
      versions = list.map { |s, _| text(s) }
      versions -= had if how == :append
      versions += yanked.select { |n, v| n == name && had.include?(v) }.map { |_, v| "-#{v}" }
      versions = [text(list.last.first)] if versions.empty? && !list.empty?
      File.write("#{DIR}/info/#{name}", body)
      changed << "#{name} #{versions.join(",")} #{Digest::MD5.hexdigest(body)}\n" unless versions.empty?
    end
    if how == :append && File.exist?("#{DIR}/versions")
      File.write("#{DIR}/versions", changed.join, mode: "a")
    else
      File.write("#{DIR}/versions", "created_at: 2024-05-01T10:00:00Z\n---\n" + changed.join)
    end
    File.write("#{DIR}/names", "---\n" + by.reject { |_, l| l.empty? }.keys.sort.map { |n| n + "\n" }.join)
  end

  def marshal
    Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Indexer.new(DIR).generate_index }
  end
end

Registry.new.instance_eval($stdin.read, "gems")

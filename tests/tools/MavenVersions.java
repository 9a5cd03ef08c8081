import java.lang.reflect.*;
import java.util.*;

/** Answers the lines of mavenver.c with the classes of Maven and Gradle. */
public class MavenVersions {
	static Object make(String name) throws Exception {
		Constructor<?> c = Class.forName(name).getDeclaredConstructor();
		c.setAccessible(true);
		return c.newInstance();
	}

	static Object call(Object on, String name, Object... args) throws Exception {
		for (Class<?> c = on.getClass(); c != null; c = c.getSuperclass())
			for (Method m : c.getDeclaredMethods())
				if (m.getName().equals(name) && m.getParameterCount() == args.length && !m.isBridge()) {
					m.setAccessible(true);
					return m.invoke(on, args);
				}
		throw new NoSuchMethodException(name);
	}

	@SuppressWarnings("unchecked")
	public static void main(String[] argv) throws Exception {
		Constructor<?> comparable = Class.forName("org.apache.maven.artifact.versioning.ComparableVersion")
			.getConstructor(String.class);
		Object scheme = make("org.eclipse.aether.util.version.GenericVersionScheme");
		Object gradle = null, parser = null;
		String at = "org.gradle.api.internal.artifacts.ivyservice.ivyresolve.strategy.";
		try {
			gradle = make(at + "StaticVersionComparator");
			parser = make(at + "VersionParser");
		} catch (ClassNotFoundException | NoClassDefFoundError e) {
			System.err.println("no Gradle: " + e);
		}
		Scanner in = new Scanner(System.in);
		while (in.hasNextLine()) {
			String[] p = in.nextLine().split("\t", -1);
			int c = 0;
			switch (p[0]) {
			case "maven":
				c = ((Comparable<Object>) comparable.newInstance(p[1])).compareTo(comparable.newInstance(p[2]));
				break;
			case "generic":
				c = ((Comparable<Object>) call(scheme, "parseVersion", p[1])).compareTo(call(scheme, "parseVersion", p[2]));
				break;
			case "gradle":
				if (gradle == null) {
					System.out.println("-");
					continue;
				}
				c = ((Comparator<Object>) gradle).compare(call(parser, "transform", p[1]), call(parser, "transform", p[2]));
				break;
			case "has":
				try {
					Object constraint = call(scheme, "parseVersionConstraint", p[1]);
					Object version = call(scheme, "parseVersion", p[2]);
					Object range = call(constraint, "getRange");
					boolean has = range == null
						? ((Comparable<Object>) call(constraint, "getVersion")).compareTo(version) == 0
						: (Boolean) call(constraint, "containsVersion", version);
					System.out.println(has ? 1 : 0);
				} catch (InvocationTargetException e) {
					System.out.println("bad");
				}
				continue;
			}
			System.out.println(Integer.signum(c));
		}
	}
}

#include "unit.h"

#include "store/base/bytes.h"
#include "sync/select/yaml.h"

static void
print(struct ferry_buf *out, const struct ferry_yaml_node *node)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_yaml_iter it;
	bool first = true, map;

	if (node == NULL || node->kind == FERRY_YAML_SCALAR) {
		struct ferry_bytes text = ferry_yaml_text(node);

		assert_ok(ferry_buf_add(out, text.p, text.n, &err), &err);
		return;
	}
	map = node->kind == FERRY_YAML_MAPPING;
	assert_ok(ferry_buf_adds(out, map ? "{" : "[", &err), &err);
	ferry_yaml_iter(&it, node);
	while (ferry_yaml_iter_next(&it)) {
		if (!first)
			assert_ok(ferry_buf_adds(out, ",", &err), &err);
		first = false;
		if (map) {
			print(out, it.key);
			assert_ok(ferry_buf_adds(out, ":", &err), &err);
		}
		print(out, it.value);
	}
	assert_ok(ferry_buf_adds(out, map ? "}" : "]", &err), &err);
}

static void
test_documents(void **state)
{
	static const struct {
		const char *text, *want; /* each document and ";" */
	} rows[] = {
		{ "", "" },
		{ "# x\n", "" },
		{ "a", "a;" },
		{ "---\n---\na: b\n...\n--- [1, 'x', \"\\u00e9\"]\n",
		    ";{a:b};[1,x,\xc3\xa9];" },
		{ "{\"a\": {\"b\": [true, null]}}", "{a:{b:[true,]}};" },
		{ "a: &x [1, 2]\nb: *x\n", "{a:[1,2],b:[1,2]};" },
		{ "- &x a\n- &x b\n- *x\n", "[a,b,b];" },
		{ "a: |\n  x\n  y\nb: >\n  x\n  y\n", "{a:x\ny\n,b:x y\n};" },
		{ "~", ";" },
		{ "null", ";" },
		{ "'null'", "null;" },
		/* Before a mapping's own pairs stands what it merges. */
		{ "- &b {x: 1, y: 2}\n- {<<: *b, x: 3}\n",
		    "[{x:1,y:2},{x:1,y:2,x:3}];" },
		{ "- &b {x: 1}\n- &c {<<: *b, y: 2}\n- {<<: [*c, {x: 4}]}\n",
		    "[{x:1},{x:1,y:2},{x:4,x:1,y:2}];" },
		{ "{'<<': {a: 1}, <<: 7}", "{<<:{a:1}};" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf out = FERRY_BUF_INIT;
		const struct ferry_yaml_node *root;
		struct ferry_yaml *y;
		int rc;

		assert_ok(ferry_buf_adds(&out, "", &err), &err);
		assert_ok(
		    ferry_yaml_new(&y, ferry_bytes_str(rows[i].text), &err),
		    &err);
		while ((rc = ferry_yaml_next(y, &root, &err)) == 1) {
			print(&out, root);
			assert_ok(ferry_buf_adds(&out, ";", &err), &err);
		}
		assert_ok(rc, &err);
		assert_string_equal((char *)out.p, rows[i].want);
		ferry_yaml_free(y);
		ferry_buf_free(&out);
	}
}

static void
test_get(void **state)
{
	static const char text[] = "base: &b\n"
				   "  image: old\n"
				   "  gone: x\n"
				   "use:\n"
				   "  <<: *b\n"
				   "  image: new\n"
				   "  gone: ~\n"
				   "  quoted: ''\n"
				   "  block: |\n"
				   "    x\n"
				   "twice: 1\n"
				   "twice: 2\n";
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_yaml_node *root, *use, *node;
	struct ferry_yaml *y;

	(void)state;
	assert_ok(ferry_yaml_new(&y, ferry_bytes_str(text), &err), &err);
	assert_int_equal(ferry_yaml_next(y, &root, &err), 1);
	use = ferry_yaml_get(root, "use");
	assert_true(ferry_yaml_is_a(use, FERRY_YAML_MAPPING));
	assert_true(ferry_yaml_is(ferry_yaml_get(use, "image"), "new"));
	assert_null(ferry_yaml_get(use, "gone"));
	assert_null(ferry_yaml_get(use, "<"));
	assert_true(ferry_yaml_is(ferry_yaml_get(use, "quoted"), ""));
	assert_true(ferry_yaml_is(ferry_yaml_get(root, "twice"), "2"));
	node = ferry_yaml_get(use, "block");
	assert_true(node->block);
	assert_int_equal(node->line, 9);
	assert_null(ferry_yaml_get(node, "image"));
	assert_null(ferry_yaml_get(NULL, "image"));
	assert_int_equal(ferry_yaml_text(use).n, 0);
	assert_int_equal(ferry_yaml_next(y, &root, &err), 0);
	ferry_yaml_free(y);
}

static void
refuse(struct ferry_bytes text, enum ferry_code code, const char *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_yaml_node *root;
	struct ferry_yaml *y;
	int rc;

	assert_ok(ferry_yaml_new(&y, text, &err), &err);
	while ((rc = ferry_yaml_next(y, &root, &err)) == 1)
		;
	assert_int_equal(rc, -1);
	assert_refused(&err, code, why);
	ferry_yaml_free(y);
}

static void
test_refuses(void **state)
{

	(void)state;
	refuse(ferry_bytes_str("a: [\n"), FERRY_EFORMAT, "line 2: not valid");
	refuse(ferry_bytes_str("a: b: c\n"), FERRY_EFORMAT, "line 1");
	refuse(ferry_bytes_str("\n\x01"), FERRY_EFORMAT, "not valid YAML");
	refuse(ferry_bytes_str("\xff\xff\xff"), FERRY_EFORMAT, "YAML");
	refuse(ferry_bytes_str("a: *b\n"), FERRY_EFORMAT, "alias of nothing");
	refuse(ferry_bytes_str("&a [*a]\n"), FERRY_EFORMAT, "what it lies in");
	refuse(
	    ferry_bytes_str("&a {<<: *a}\n"), FERRY_EFORMAT, "what it lies in");
	/* Anchors end with their document. */
	refuse(ferry_bytes_str("--- &c 1\n--- [*c]\n"), FERRY_EFORMAT,
	    "alias of nothing");
}

/* n times what, then end. */
static struct ferry_buf
repeat(const char *what, size_t n, const char *end)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		assert_ok(ferry_buf_adds(&text, what, &err), &err);
	assert_ok(ferry_buf_adds(&text, end, &err), &err);
	return text;
}

static void
test_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_yaml_node *root;
	struct ferry_yaml *y;
	struct ferry_buf text = repeat("- ", FERRY_YAML_DEPTH, "a");

	(void)state;
	assert_ok(ferry_yaml_new(&y, ferry_bytes_buf(&text), &err), &err);
	assert_int_equal(ferry_yaml_next(y, &root, &err), 1);
	ferry_yaml_free(y);
	ferry_buf_free(&text);
	text = repeat("- ", FERRY_YAML_DEPTH + 1, "a");
	refuse(ferry_bytes_buf(&text), FERRY_ELIMIT, "too deep");
	ferry_buf_free(&text);
	text = repeat("[", 100000, "");
	refuse(ferry_bytes_buf(&text), FERRY_ELIMIT, "too deep");
	ferry_buf_free(&text);
	text = repeat("- a\n", FERRY_YAML_NODES + 1, "");
	refuse(ferry_bytes_buf(&text), FERRY_ELIMIT, "too many nodes");
	ferry_buf_free(&text);
	text = repeat("- &a a\n", FERRY_YAML_ANCHORS + 1, "");
	refuse(ferry_bytes_buf(&text), FERRY_ELIMIT, "too many anchors");
	ferry_buf_free(&text);
}

/* Line i of "a billion laughs": by aliases, by merges, by depth alone. */
static void
add_laugh(struct ferry_buf *text, int kind, int i)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int k = i - 1, rc;

	if (kind == 0)
		rc = ferry_buf_addf(
		    text, &err, "- &a%d [*a%d, *a%d, *a%d]\n", i, k, k, k);
	else if (kind == 1)
		rc = ferry_buf_addf(text, &err,
		    "- &a%d {<<: [*a%d, *a%d, *a%d]}\n", i, k, k, k);
	else
		rc = ferry_buf_addf(text, &err, "- &a%d [*a%d]\n", i, k);
	assert_ok(rc, &err);
}

static void
test_bounds_of_aliases(void **state)
{

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf text = FERRY_BUF_INIT;

		assert_ok(ferry_buf_adds(&text, "- &a0 {x: y}\n", &err), &err);
		for (int i = 1; i < 110; i++)
			add_laugh(&text, kind, i);
		refuse(ferry_bytes_buf(&text), FERRY_ELIMIT,
		    kind < 2 ? "too many nodes" : "too deep");
		ferry_buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bounds_of_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// refusal is a document, where the reader has to stop, and a part of the reason.
type refusal struct {
	name   string
	body   string
	offset int
	reason string
}

func checkRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := valid([]byte(tt.body), strictjson.Limits{})
			var syntax *strictjson.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error = %v, want a *SyntaxError", err)
			}
			if syntax.Offset != tt.offset || !strings.Contains(syntax.Reason, tt.reason) {
				t.Errorf("got %d %q, want %d %q", syntax.Offset, syntax.Reason, tt.offset, tt.reason)
			}
			if syntax.Problem() != problem.BadBody {
				t.Errorf("code = %s", syntax.Problem())
			}
			if message, _, _ := syntax.ProblemText(); !strings.Contains(message, tt.reason) {
				t.Errorf("message = %q", message)
			}
		})
	}
}

// TestA33StrictBody is the row A-33: one meaning for a body or none.
func TestA33StrictBody(t *testing.T) {
	t.Parallel()

	checkRefusals(t, []refusal{
		{"duplicate", `{"title":"a","title":"b"}`, 13, `"title" appears twice`},
		{"duplicate by escape", `{"title":"a","\u0074itle":"b"}`, 13, `"title" appears twice`},
		{"duplicate of two escapes", `{"\u0074":1,"\u0074":2}`, 12, `"t" appears twice`},
		{"duplicate of empty keys", `{"":1,"":2}`, 6, `"" appears twice`},
		{"nested duplicate", `{"a":[{"b":{"c":1,"d":2,"c":3}}]}`, 24, `"c" appears twice`},
		{"duplicate after nested object", `{"a":{"b":1},"a":2}`, 13, `"a" appears twice`},
		{"two documents", `{"title":"a"}{"x":1}`, 13, "data after"},
		{"trailing garbage", `{"title":"a"} x`, 14, "data after"},
		{"trailing comma", `{"title":"a",}`, 13, "a key in double quotes"},
		{"trailing comma in array", `[1,]`, 3, "a value"},
		{"leading comma", `[,1]`, 1, "a value"},
		{"byte order mark", "\xef\xbb\xbf{}", 0, "byte order mark"},
		{"single quotes", `{'title':'a'}`, 1, "a key in double quotes"},
		{"bare key", `{title:"a"}`, 1, "a key in double quotes"},
		{"number as key", `{1:2}`, 1, "a key in double quotes"},
		{"line comment", "// x\n{}", 0, "a value"},
		{"block comment", `{"a":/* x */1}`, 5, "a value"},
		{"empty", "", 0, "empty"},
		{"space only", " \n\t\r", 4, "empty"},
		{"no colon", `{"a" 1}`, 5, "':'"},
		{"no comma", `[1 2]`, 3, "',' or ']'"},
		{"no comma in object", `{"a":1 "b":2}`, 7, "',' or '}'"},
		{"wrong bracket", `[1}`, 2, "',' or ']'"},
		{"open object", `{"a":1`, 6, "it ends"},
		{"open array", `[`, 1, "it ends"},
		{"open string", `"abc`, 0, "does not end"},
		{"open escape", `"abc\`, 4, "does not end"},
		{"NaN", `NaN`, 0, "a value"},
		{"Infinity", `-Infinity`, 1, "a digit"},
		{"wrong case", `True`, 0, "a value"},
		{"cut literal", `nul`, 3, "null"},
		{"literal with tail", `nullx`, 4, "data after"},
		{"leading zero", `01`, 1, "leading zero"},
		{"plus", `+1`, 0, "a value"},
		{"hexadecimal", `0x10`, 1, "data after"},
		{"bare point", `.5`, 0, "a value"},
		{"no fraction", `1.`, 2, "a digit"},
		{"no exponent", `1e+`, 3, "a digit"},
		{"minus", `-`, 1, "a digit"},
		{"no-break space", "\u00a01", 0, "a value"},
		{"vertical tab", "\v1", 0, "byte 0x0b"},
		{"newline in string", "\"a\nb\"", 2, "control character"},
		{"unknown escape", `"\x41"`, 1, "an escape is unknown"},
		{"short escape", `"\u12"`, 1, "four hexadecimal digits"},
		{"escape with sign", `"\u+123"`, 1, "four hexadecimal digits"},
	})
}

// TestA34LimitsByName is the part of A-34 that needs no large body.
func TestA34LimitsByName(t *testing.T) {
	t.Parallel()

	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	checkRefusals(t, []refusal{
		{"33 arrays", nest(33), 32, "deeper than 32"},
		{"33 levels mixed", `{"a":` + nest(32) + `}`, 5 + 31, "deeper than 32"},
		{"1e999999", `{"a":1e999999}`, 5, "more than 400 digits"},
		{"tiny", `1e-999999`, 0, "more than 400 digits"},
		{"exponent beyond int", `1e99999999999999999999999`, 0, "more than 400 digits"},
		{"401 digits", strings.Repeat("9", 401), 0, "more than 400 digits"},
		{"401 by exponent", "1e400", 0, "more than 400 digits"},
		{"scale", "1e-399", 0, "more than 400 digits"},
		{"fraction", "0." + strings.Repeat("1", 399), 0, "more than 400 digits"},
	})
	for _, body := range []string{
		nest(32), strings.Repeat("9", 400), "1e399", "1e-398", "0e99999999999999999999",
		"1.7976931348623157e308", "-5e-324", "-2.2250738585072014e-308", "[" + nest(31) + "," + nest(31) + "]",
	} {
		if err := valid([]byte(body), strictjson.Limits{}); err != nil {
			t.Errorf("%.40s: %v", body, err)
		}
	}
	if err := valid([]byte(nest(3)), strictjson.Limits{Depth: 2}); err == nil {
		t.Error("Depth 2 let three levels pass")
	}
	if err := valid([]byte("1234"), strictjson.Limits{Digits: 3}); err == nil {
		t.Error("Digits 3 let four pass")
	}
}

// TestA36Text is the row A-36: text that PostgreSQL cannot hold, or not hold as sent.
func TestA36Text(t *testing.T) {
	t.Parallel()

	checkRefusals(t, []refusal{
		{"invalid byte", "\"a\xff\"", 2, "UTF-8"},
		{"cut sequence", "\"\xe2\x82\"", 1, "UTF-8"},
		{"overlong", "\"\xc0\xaf\"", 1, "UTF-8"},
		{"raw surrogate", "\"\xed\xa0\x80\"", 1, "UTF-8"},
		{"beyond Unicode", "\"\xf4\x90\x80\x80\"", 1, "UTF-8"},
		{"invalid byte after eight", "\"12345678\x80\"", 9, "UTF-8"},
		{"invalid byte in key", "{\"\xff\":1}", 2, "UTF-8"},
		{"invalid byte outside", "\xff", 0, "byte 0xff"},
		{"lone high surrogate", `"\ud800"`, 1, "surrogate"},
		{"lone low surrogate", `"\udc00"`, 1, "surrogate"},
		{"two high surrogates", `"\ud800\ud800"`, 1, "surrogate"},
		{"surrogates reversed", `"\udc00\ud800"`, 1, "surrogate"},
		{"high surrogate and text", `"\ud800abcdef"`, 1, "surrogate"},
		{"high surrogate at the end", `"\ud800`, 1, "surrogate"},
		{"lone surrogate in key", `{"\uDFFF":1}`, 2, "surrogate"},
		{"escaped NUL", `"a\u0000"`, 2, `\u0000`},
		{"escaped NUL in key", `{"\u0000":1}`, 2, `\u0000`},
		{"raw NUL", "\"\x00\"", 1, "control character"},
		{"raw NUL outside", "{}\x00", 2, "data after"},
	})
	const good = `{"é\u00e9":"\ud83d\ude00 😀 \u007f ` + "\x7f" + ` \\u0000 \ufffd \uFFFE"}`
	if err := valid([]byte(good), strictjson.Limits{}); err != nil {
		t.Error(err)
	}
}

// TestDuplicateAtEverySize puts the second of two equal keys behind objects of many
// sizes, so that each way of finding it is used, with and without escapes.
func TestDuplicateAtEverySize(t *testing.T) {
	t.Parallel()

	for _, n := range []int{1, 2, 15, 16, 17, 18, 47, 48, 49, 50, 97, 1000} {
		keys := make(map[string]int, n)
		for i := range n {
			keys["k"+strings.Repeat("é", i%7)+string(rune('a'+i%26))+strings.Repeat("x", i/26)] = i
		}
		body, err := json.Marshal(keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(body, strictjson.Limits{}); err != nil {
			t.Errorf("%d keys: %v", n, err)
		}
		for key := range keys {
			for _, form := range []string{key, `\u006b` + key[1:]} {
				twice := string(body[:len(body)-1]) + `,"` + form + `":0}`
				err := valid([]byte(twice), strictjson.Limits{})
				if err == nil || !strings.Contains(err.Error(), "appears twice") {
					t.Fatalf("%d keys, %q again: %v", n, form, err)
				}
			}
		}
	}
}

// TestLongKeyInReasonIsShort keeps a client from filling answers and logs.
func TestLongKeyInReasonIsShort(t *testing.T) {
	t.Parallel()

	key := `"` + strings.Repeat("é", 5000) + `"`
	err := valid([]byte(`{`+key+`:1,`+key+`:2}`), strictjson.Limits{})
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}

func valid(b []byte, lim strictjson.Limits) error {
	_, err := strictjson.Parse(b, lim)
	return err
}

package strictjson_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

func TestAppendWithoutNulls(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":null,"b":1,"c":null}`:               `{"b":1}`,
		`{"a":null}`:                              `{}`,
		`[null,{"a":null,"b":[null,{"c":null}]}]`: `[null,{"b":[null,{}]}]`,
		`{"a":{"b":null},"\"é\\":"null"}`:         `{"a":{},"\"é\\":"null"}`,
		`null`:                                    `null`,
		`{}`:                                      `{}`,
		` [ 1 , { "a" : 2.50 } ] `:                `[1,{"a":2.50}]`,
	} {
		doc, err := strictjson.Parse([]byte(in), strictjson.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(doc.AppendWithoutNulls(nil)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

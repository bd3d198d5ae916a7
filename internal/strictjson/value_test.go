package strictjson_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

func parse(t *testing.T, body string) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(body), strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMembers(t *testing.T) {
	t.Parallel()

	v := parse(t, " { \"a\" : 1 ,\"\\u0062\\n\":\"x,}\\\"\", \"c\":[1,{\"d\":\"]\"}]\t, \"\":{}\n,\"e\":-0.5e1} ")
	want := []string{`a=1`, "b\n=" + `"x,}\""`, `c=[1,{"d":"]"}]`, `={}`, `e=-0.5e1`}
	var got []string
	for key, member := range v.Members() {
		got = append(got, fmt.Sprintf("%s=%s", key, member.Raw()))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range v.Members() {
		break // stopping early must be safe
	}
}

func TestElements(t *testing.T) {
	t.Parallel()

	v := parse(t, "[ null , [1,[2]] ,\"a]\", {\"b\":[]},1.5\n]")
	want := []string{"0 null", "1 [1,[2]]", `2 "a]"`, `3 {"b":[]}`, "4 1.5"}
	var got []string
	for i, item := range v.Elements() {
		got = append(got, fmt.Sprintf("%d %s", i, item.Raw()))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range v.Elements() {
		break
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()

	tests := []struct {
		body string
		want strictjson.Kind
	}{
		{"null", strictjson.Null},
		{"true", strictjson.Bool},
		{" false ", strictjson.Bool},
		{"-1", strictjson.Number},
		{"0", strictjson.Number},
		{`""`, strictjson.String},
		{"[]", strictjson.Array},
		{"{}", strictjson.Object},
	}
	for _, tt := range tests {
		v := parse(t, tt.body)
		if v.Kind() != tt.want {
			t.Errorf("%s: kind %d, want %d", tt.body, v.Kind(), tt.want)
		}
		if _, isText := v.Text(); isText != (tt.want == strictjson.String) {
			t.Errorf("%s: Text reports %v", tt.body, isText)
		}
		for range v.Members() {
			t.Errorf("%s has members", tt.body)
		}
		for range v.Elements() {
			t.Errorf("%s has elements", tt.body)
		}
		if v.Bool() != (tt.body == "true") {
			t.Errorf("%s: Bool = %v", tt.body, v.Bool())
		}
	}
	var zero strictjson.Value
	if zero.Kind() != strictjson.Missing || zero.AppendCanonical(nil) != nil {
		t.Error("the zero Value is something")
	}
}

func TestText(t *testing.T) {
	t.Parallel()

	const want = "\"\\/\b\f\n\r\té😀\u2028 end"
	v := parse(t, `"\"\\\/\b\f\n\r\t\u00E9\ud83D\uDe00\u2028 end"`)
	if got, _ := v.Text(); got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
	if got := string(v.AppendText([]byte("x"))); got != "x"+want {
		t.Errorf("AppendText = %q", got)
	}
	if got := parse(t, "1").AppendText(nil); got != nil {
		t.Errorf("AppendText of a number = %q", got)
	}
}

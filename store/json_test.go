package store_test

import (
	"encoding/json"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	j, err := store.JSONOf(map[string]any{"long": 1.5e3, "b": []int{1}, "a": nil})
	if err != nil || j != `{"a":null,"b":[1],"long":1500}` {
		t.Errorf("%s, %v", j, err)
	}
	var back map[string]any
	if err := j.Decode(&back); err != nil || back["long"] != 1500.0 {
		t.Errorf("%v, %v", back, err)
	}
	if _, err := store.JSONOf(func() {}); err == nil {
		t.Error("a function became a document")
	}
	if zero := store.JSON(""); zero.String() != "null" {
		t.Error(zero)
	}
}

func TestJSONForms(t *testing.T) {
	t.Parallel()
	const want = store.JSON(`{"a":1,"bb":2}`)
	for _, src := range []any{`{"bb": 2, "a": 1}`, []byte(`{"bb":2,"a":0,"a":1}`)} {
		var got store.JSON
		if err := got.Scan(src); err != nil || got != want {
			t.Errorf("scanning %s gives %s, %v", src, got, err)
		}
	}
	for _, src := range []any{nil, "null"} {
		got := want
		if err := got.Scan(src); err != nil || got != "" {
			t.Errorf("scanning %v gives %s, %v", src, got, err)
		}
	}
	for _, src := range []any{5, "", "{", "{} {}"} {
		if err := new(store.JSON).Scan(src); err == nil {
			t.Errorf("scanning %v succeeded", src)
		}
	}
	if v, err := store.JSON(`{"bb": 2, "a": 1}`).Value(); v != string(want) || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := store.JSON("{").Value(); err == nil {
		t.Errorf("a broken document became %v", v)
	}
	raw, err := json.Marshal(map[string]store.JSON{"x": want, "y": ""})
	if err != nil || string(raw) != `{"x":{"a":1,"bb":2},"y":null}` {
		t.Errorf("%s, %v", raw, err)
	}
	var back map[string]store.JSON
	if err := json.Unmarshal(raw, &back); err != nil || back["x"] != want || back["y"] != "" {
		t.Errorf("%v, %v", back, err)
	}
}

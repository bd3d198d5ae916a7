package api_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// tagged is no registered model, and says itself what is not to be seen.
type tagged struct {
	Name string
	Pin  string `plinth:"secret"`
}

// said is a value that says itself what is seen of it.
type said struct{ Row project }

func (said) MarshalJSON() ([]byte, error) { return []byte(`"said"`), nil }

// saidByPointer is one that says so where there is an address.
type saidByPointer struct{ Row project }

func (*saidByPointer) MarshalJSON() ([]byte, error) { return []byte(`"said"`), nil }

// alsoSaid says itself what is seen of it, so that of a struct with both embedded nobody does.
type alsoSaid struct{}

func (alsoSaid) MarshalJSON() ([]byte, error) { return []byte(`"also said"`), nil }

type (
	bothSaid struct {
		said
		alsoSaid
	}
	bothSaidByPointer struct {
		*said
		*alsoSaid
	}
)

// openByPointer leaves open what is in it, and says itself what is seen where there is an
// address.
type openByPointer struct{ Data any }

func (*openByPointer) MarshalJSON() ([]byte, error) { return []byte(`"said"`), nil }

// envelope is an answer that leaves open what is in it.
type envelope struct {
	Data any `json:"data"`
}

// chain leads to itself, or on.
type chain struct {
	Next *chain `json:"next"`
	Data any    `json:"data"`
}

type wrapper struct{ envelope }

// TestModelsBehindInterfaces: a model in a result of an interface type is encoded as a
// resource and not by its JSON tags.
func TestModelsBehindInterfaces(t *testing.T) {
	t.Parallel()

	row := &project{Title: "Alpha", Internal: "i-alpha", Token: "t-alpha"}
	unseen := struct {
		Row  any `json:"-"`
		Seen int `json:"seen"`
	}{row, 1}
	circle := &chain{}
	circle.Next, circle.Data = circle, row
	for name, tt := range map[string]struct {
		value any
		model string // the one that must not go out
		want  string // what does
	}{
		"struct":                 {value: *row, model: "api_test.project"},
		"pointer":                {value: row, model: "api_test.project"},
		"pointer to pointer":     {value: &row, model: "api_test.project"},
		"slice":                  {value: []*project{row}, model: "api_test.project"},
		"array":                  {value: [1]project{*row}, model: "api_test.project"},
		"map":                    {value: map[string]project{"a": *row}, model: "api_test.project"},
		"map of anything":        {value: map[string]any{"a": []any{1, row}}, model: "api_test.project"},
		"field":                  {value: envelope{row}, model: "api_test.project"},
		"embedded":               {value: struct{ project }{*row}, model: "api_test.project"},
		"embedded in embedded":   {value: wrapper{envelope{row}}, model: "api_test.project"},
		"behind itself":          {value: circle, model: "api_test.project"},
		"along a list":           {value: &chain{Next: &chain{Next: &chain{Data: row}}}, model: "api_test.project"},
		"tagged":                 {value: []any{&tagged{Name: "a", Pin: "1234"}}, model: "api_test.tagged"},
		"says itself, unasked":   {value: saidByPointer{*row}, model: "api_test.project"},
		"embedded, unasked":      {value: bothSaid{said{*row}, alsoSaid{}}, model: "api_test.project"},
		"embedded pointers":      {value: bothSaidByPointer{&said{*row}, &alsoSaid{}}, model: "api_test.project"},
		"nothing":                {value: nil, want: `{"data":null}`},
		"no model":               {value: (*project)(nil), want: `{"data":null}`},
		"an empty list of them":  {value: []project{}, want: `{"data":[]}`},
		"plain":                  {value: map[string]any{"a": []any{1, "x", []byte("y"), true}}, want: `{"data":{"a":[1,"x","eQ==",true]}}`},
		"says itself":            {value: []any{said{*row}, &said{*row}}, want: `{"data":["said","said"]}`},
		"says itself by pointer": {value: []saidByPointer{{*row}}, want: `{"data":["said"]}`},
		"not encoded":            {value: unseen, want: `{"data":{"seen":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			value := tt.value
			h := serve(t, memory(t), api.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, append(fixture(),
				api.Func("f", api.Anyone(), func(context.Context, none) (envelope, error) { return envelope{value}, nil }),
				api.Func("bare", api.Anyone(), func(context.Context, none) (any, error) { return value, nil }),
				api.Func("list", api.Anyone(), func(context.Context, none) ([]any, error) { return []any{value}, nil }),
				api.TxFunc("map", api.Anyone(), func(context.Context, *store.Tx, none) (map[string]any, error) {
					return map[string]any{"data": value}, nil
				}))...)
			for _, function := range []string{"f", "bare", "list", "map"} {
				log.Reset()
				got := do(t, h, request{line: "POST /rpc/" + function})
				switch {
				case tt.model == "" && (got.status != 200 || function == "f" && got.body != tt.want):
					t.Errorf("%s: %d %s, want %s", function, got.status, got.body, tt.want)
				case tt.model == "":
				case got.status != 500 || strings.Contains(got.body, "alpha") || strings.Contains(got.body, tt.model):
					t.Errorf("%s: %d %s, want 500", function, got.status, got.body)
				case !strings.Contains(log.String(), "function "+function) || !strings.Contains(log.String(), tt.model):
					t.Errorf("%s: the log does not name %s: %s", function, tt.model, log.String())
				}
			}
		})
	}
}

// TestModelsThatAreNotSent: results may contain models in places that encoding/json leaves
// out, and in no others.
func TestModelsThatAreNotSent(t *testing.T) {
	t.Parallel()
	type kept struct {
		Row  *project `json:"-"`
		Seen int      `json:"seen"`
	}
	row := project{Title: "Alpha"}
	h := serve(t, memory(t), api.Config{}, append(fixture(),
		api.Func("kept", api.Anyone(), func(context.Context, none) (kept, error) { return kept{&row, 1}, nil }),
		api.Func("said", api.Anyone(), func(context.Context, none) (said, error) { return said{row}, nil }),
		api.Func("list", api.Anyone(), func(context.Context, none) ([]said, error) { return []said{{row}}, nil }),
		api.Func("inside", api.Anyone(), func(context.Context, none) (map[string]struct{ S said }, error) {
			return map[string]struct{ S said }{"a": {said{row}}}, nil
		}),
		api.Func("pointer", api.Anyone(), func(context.Context, none) (*saidByPointer, error) { return &saidByPointer{row}, nil }))...)
	for name, want := range map[string]string{
		"kept": `{"seen":1}`, "said": `"said"`, "list": `["said"]`, "inside": `{"a":{"S":"said"}}`, "pointer": `"said"`,
	} {
		if got := must(t, h, 200, request{line: "POST /rpc/" + name}); got.body != want {
			t.Errorf("%s: %s, want %s", name, got.body, want)
		}
	}

	for name, e := range map[string]api.Exposed{
		"a value without an address": api.Func("f", api.Anyone(), func(context.Context, none) ([]saidByPointer, error) { return nil, nil }),
		"embedded, unasked":          api.Func("f", api.Anyone(), func(context.Context, none) (bothSaid, error) { return bothSaid{}, nil }),
		"embedded pointers":          api.Func("f", api.Anyone(), func(context.Context, none) (bothSaidByPointer, error) { return bothSaidByPointer{}, nil }),
	} {
		a, err := api.New(memory(t), api.Config{})
		if err != nil {
			t.Fatal(err)
		}
		a.Add(append(fixture(), e)...)
		if _, err := a.Handler(); err == nil || !strings.Contains(err.Error(), "holds the model api_test.project") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOneOfAList: where the client wants one object, a list of one model is sent as that
// model, also if its encoder needs an address.
func TestOneOfAList(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := serve(t, memory(t), api.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, append(fixture(),
		api.Func("f", api.Anyone(), func(context.Context, none) ([]openByPointer, error) {
			return []openByPointer{{&project{Title: "Alpha"}}}, nil
		}))...)
	if got := must(t, h, 200, request{line: "POST /rpc/f"}); got.body != `["said"]` {
		t.Errorf("the list: %s", got.body)
	}
	got := must(t, h, 500, request{line: "POST /rpc/f", header: []string{objectOnly}})
	if strings.Contains(got.body, "Alpha") || !strings.Contains(log.String(), "api_test.project") {
		t.Errorf("one object: %s, log: %s", got.body, log.String())
	}
}

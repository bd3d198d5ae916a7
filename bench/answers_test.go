package bench_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// checked is the number of requests of a kind whose answers are compared.
const checked = 10

// checkAnswers asks both sides the same and compares the answers with each
// other, and with what the data say.
func (a *arena) checkAnswers(t *testing.T, c *comparison) {
	t.Helper()
	for i := range c.requests[:checked] {
		r := &c.requests[i]
		hand, plinth := a.answer(t, a.hand, r), a.answer(t, a.plinth, r)
		if hand.status != c.status || plinth.status != c.status {
			t.Fatalf("%s %s: status %d hand-written, %d plinth, want %d; plinth says %s", r.method, r.path, hand.status, plinth.status, c.status, plinth.body)
		}
		for name, got := range map[string]*answer{sideHand: hand, sidePlinth: plinth} {
			if keys := got.keys(t); r.keys != nil && !slices.Equal(keys, r.keys) {
				t.Fatalf("%s %s: %s has %d rows, of which the first are %v, want %d, %v", r.method, r.path, name,
					len(keys), keys[:min(3, len(keys))], len(r.keys), r.keys[:min(3, len(r.keys))])
			}
		}
		volatile := []string(nil)
		if c.writes {
			volatile = []string{"updated_at", "version"}
		}
		if r.method == http.MethodPost {
			volatile = []string{"id", "created_at", "updated_at"}
		}
		got, want := plinth.document(t, volatile), hand.document(t, volatile)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s %s: plinth answers\n%.2000v, hand-written\n%.2000v", r.method, r.path, fmt.Sprint(got), fmt.Sprint(want))
		}
		if got, want := plinth.contentRange, hand.contentRange; want != "" && got != want {
			t.Errorf("%s %s: Content-Range %q, hand-written %q", r.method, r.path, got, want)
		}
	}
}

// checkRefused compares the status of refusals.
func (a *arena) checkRefused(t *testing.T) {
	t.Helper()
	for _, r := range refused(a.content) {
		hand, plinth := a.answer(t, a.hand, &r), a.answer(t, a.plinth, &r)
		if hand.status != plinth.status || plinth.status < 400 {
			t.Errorf("%s %s %s: status %d, hand-written %d; plinth says %s", r.method, r.path, r.body, plinth.status, hand.status, plinth.body)
		}
	}
}

type answer struct {
	status       int
	contentRange string
	link         string
	body         []byte
}

func (a *arena) answer(t *testing.T, s *server, r *request) *answer {
	t.Helper()
	out, err := http.NewRequestWithContext(t.Context(), r.method, "http://"+s.address+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(out.Header, r.header())
	out.Header.Set("Accept", "application/json")
	in, err := http.DefaultClient.Do(out)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Body.Close()
	body, err := io.ReadAll(in.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{status: in.StatusCode, contentRange: in.Header.Get("Content-Range"), link: in.Header.Get("Link"), body: body}
}

// rows returns the objects of the answer.
func (a *answer) rows(t *testing.T) []any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func (a *answer) keys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for _, row := range a.rows(t) {
		keys = append(keys, fmt.Sprint(row.(map[string]any)["id"]))
	}
	return keys
}

// document returns the rows without members that differ from write to write,
// and with times as moments: they have many spellings.
func (a *answer) document(t *testing.T, volatile []string) []any {
	t.Helper()
	rows := a.rows(t)
	for _, row := range rows {
		object := row.(map[string]any)
		for _, name := range volatile {
			if _, ok := object[name]; !ok {
				t.Errorf("no member %s in %v", name, object)
			}
			delete(object, name)
		}
		for _, name := range []string{"created_at", "updated_at"} {
			text, ok := object[name].(string)
			if !ok {
				continue
			}
			moment, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				t.Fatal(err)
			}
			object[name] = moment.UnixMicro()
		}
	}
	return rows
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

func numbered(n int) []any {
	rows := make([]any, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// TestLoad counts the rows of each request.
func TestLoad(t *testing.T) {
	t.Parallel()
	var requests []string
	c := fake(t, func(_ http.ResponseWriter, r *http.Request) {
		var rows []int
		if err := json.NewDecoder(r.Body).Decode(&rows); err != nil {
			t.Error(err)
		}
		requests = append(requests, fmt.Sprintf("%s %d-%d", path.Base(r.URL.Path), rows[0], rows[len(rows)-1]))
	})
	var out strings.Builder
	steps := []step{{"a", "id", numbered(2001)}, {"b", "id", numbered(3)}, {"b", "id", numbered(1000)}}
	if err := load(t.Context(), c, steps, newProgress(&out)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a 0-999", "a 1000-1999", "a 2000-2000", "b 0-2", "b 0-999"}; !slices.Equal(requests, want) {
		t.Errorf("got %v, want %v", requests, want)
	}
	if want := "a: 2001 rows\nb: 1003 rows\n"; out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", &out, want)
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	requests := 0
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests == 3 {
			http.Error(w, `{"code":"23503","message":"no parent"}`, http.StatusConflict)
		}
	})
	err := load(t.Context(), c, []step{{"a", "id", numbered(2500)}, {"b", "id", numbered(1)}}, newProgress(new(strings.Builder)))
	want := "atlas: 2000 of 2500 rows of a are stored, then: 409 Conflict: 23503 no parent\nload again to go on"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if requests != 3 {
		t.Errorf("%d requests, want none after the failure", requests)
	}
}

// TestProgressBar looks at what a terminal gets.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &progress{out: &out, terminal: true}
	p.show("languages", 0, 4)
	p.show("languages", 2, 4)
	p.show("languages", 4, 4)
	p.show("currencies", 1, 3)
	p.interrupt()
	p.interrupt()
	want := "\rlanguages                  [------------------------------] 0/4" +
		"\rlanguages                  [###############---------------] 2/4" +
		"\rlanguages                  [##############################] 4/4\n" +
		"\rcurrencies                 [##########--------------------] 1/3\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

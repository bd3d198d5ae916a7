package store_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

func TestNewIDForm(t *testing.T) {
	t.Parallel()
	before := time.Now().UnixMilli()
	id := store.NewID()
	after := time.Now().UnixMilli()
	if id[6]>>4 != 7 || id[8]>>6 != 2 {
		t.Errorf("%s is not version 7, variant 2", id)
	}
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	// Other tests may have pushed the clock of the IDs a little ahead.
	if ms < before || ms > after+1000 {
		t.Errorf("%s was made at %d, not in %d to %d", id, ms, before, after)
	}
	if other := store.NewID(); id == other || [8]byte(id[8:]) == [8]byte(other[8:]) {
		t.Errorf("%s and %s are not random", id, other)
	}
}

func TestNewIDIncreases(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 2000
	lists := make([][]store.ID, workers)
	var wg sync.WaitGroup
	for i := range lists {
		wg.Go(func() {
			for range each {
				lists[i] = append(lists[i], store.NewID())
			}
		})
	}
	wg.Wait()
	all := slices.Concat(lists...)
	for _, list := range lists {
		if !slices.IsSortedFunc(list, store.ID.Compare) {
			t.Error("a later ID is smaller")
		}
	}
	slices.SortFunc(all, store.ID.Compare)
	if n := len(slices.Compact(all)); n != workers*each {
		t.Errorf("%d of %d IDs are different", n, workers*each)
	}
}

func TestIDForms(t *testing.T) {
	t.Parallel()
	const text = "0190163d-8694-739b-aea5-966c26f8ad91"
	id, err := store.ParseID(text)
	if err != nil || id.String() != text || id.IsZero() {
		t.Fatalf("%s, %v", id, err)
	}
	for _, src := range []any{text, []byte(text), id[:], [16]byte(id), "0190163D8694739BAEA5966C26F8AD91"} {
		var got store.ID
		if err := got.Scan(src); err != nil || got != id {
			t.Errorf("scanning %v gives %s, %v", src, got, err)
		}
	}
	for _, src := range []any{nil, 5, "", "x", []byte{1}} {
		if err := new(store.ID).Scan(src); err == nil {
			t.Errorf("scanning %v succeeded", src)
		}
	}
	if v, err := id.Value(); v != text || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	var back struct{ ID store.ID }
	raw, err := json.Marshal(struct{ ID store.ID }{id})
	if err != nil || string(raw) != `{"ID":"`+text+`"}` {
		t.Errorf("%s, %v", raw, err)
	}
	if err := json.Unmarshal(raw, &back); err != nil || back.ID != id {
		t.Errorf("%s, %v", back.ID, err)
	}
	if !(store.ID{}).IsZero() {
		t.Error("the zero ID is not zero")
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		store.NewID()
	}
}

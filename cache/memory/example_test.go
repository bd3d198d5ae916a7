package memory_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

func ExampleNew() {
	ctx := context.Background()
	pages, err := memory.New(memory.Options[string, []byte]{
		Cost:   64 << 20, // bytes
		CostOf: func(path string, page []byte) uint64 { return uint64(len(path) + len(page)) },
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := pages.Set(ctx, "/authors/7", []byte("<h1>Ann</h1>"), cache.SetOptions{TTL: time.Minute, Tags: []string{"author:7"}}); err != nil {
		log.Fatal(err)
	}
	page, ok, _ := pages.Get(ctx, "/authors/7")
	fmt.Println(string(page), ok)

	if err := pages.Purge(ctx, "author:7"); err != nil {
		log.Fatal(err)
	}
	_, ok, _ = pages.Get(ctx, "/authors/7")
	fmt.Println(ok)
	// Output:
	// <h1>Ann</h1> true
	// false
}

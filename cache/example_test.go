package cache_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

func ExampleNewLoader() {
	type author struct{ Name string }
	kept, err := memory.New(memory.Options[int64, cache.Loaded[author]]{Size: 10_000})
	if err != nil {
		log.Fatal(err)
	}
	asked := 0
	authors, err := cache.NewLoader(kept, func(_ context.Context, id int64) (author, error) {
		asked++ // the database, for example
		if id != 7 {
			return author{}, cache.ErrNotFound
		}
		return author{"Ann"}, nil
	}, cache.LoaderOptions[int64, author]{TTL: time.Minute})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	for range 3 {
		a, err := authors.Get(ctx, 7)
		fmt.Println(a.Name, err, asked)
	}
	for range 2 {
		_, err := authors.Get(ctx, 8)
		fmt.Println(errors.Is(err, cache.ErrNotFound), asked)
	}
	// Output:
	// Ann <nil> 1
	// Ann <nil> 1
	// Ann <nil> 1
	// true 2
	// true 2
}

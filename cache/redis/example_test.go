package redis_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
)

// Without a Redis everything is loaded: the example prints the same.
func ExampleNew() {
	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://127.0.0.1:1", Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	type author struct{ Name string }
	kept, err := redis.New(client, redis.Options[int64, cache.Loaded[author]]{Name: "authors"})
	if err != nil {
		log.Fatal(err)
	}
	authors, err := cache.NewLoader(kept, func(_ context.Context, id int64) (author, error) {
		return author{"Ann"}, nil // from the database, for example
	}, cache.LoaderOptions[int64, author]{TTL: time.Minute, Lock: kept, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}

	a, err := authors.Get(context.Background(), 7)
	fmt.Println(a.Name, err)
	// Output: Ann <nil>
}

func ExampleNewClient() {
	client, err := redis.NewClient(redis.ClientOptions{
		URL:    "rediss://app:secret@cache.internal:6380/0",
		Prefix: "shop-3", // 3 is the version of the encoding
	})
	fmt.Println(err)
	client.Close()
	// Output: <nil>
}

func ExampleNewLimiter() {
	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://127.0.0.1:1", Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	logins, err := redis.NewLimiter(client, redis.LimiterOptions{Name: "logins"})
	if err != nil {
		log.Fatal(err)
	}
	// Five at once, then one every ten seconds.
	_, wait, err := logins.Take(context.Background(), "203.0.113.7", 10*time.Second, 5)
	switch {
	case err != nil:
		fmt.Println("Redis is away: count in memory")
	case wait > 0:
		fmt.Println("come again after", wait)
	default:
		fmt.Println("welcome")
	}
	// Output: Redis is away: count in memory
}

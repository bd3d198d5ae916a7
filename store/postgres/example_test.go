package postgres_test

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
)

func ExampleOpen() {
	db, err := postgres.Open(context.Background(), os.Getenv("DATABASE_URL"), &postgres.Options{
		MaxConns: 40,
		Store:    store.Options{Logger: slog.Default()},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

package jobs_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

type Welcome struct {
	To string `json:"to"`
}

func ExampleNew() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir, err := os.MkdirTemp("", "jobs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "app.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}

	js, err := jobs.New(db, nil)
	if err != nil {
		log.Fatal(err)
	}
	sent := make(chan bool)
	welcome := jobs.Register(js, "mail.welcome", func(_ context.Context, job jobs.Job[Welcome]) error {
		fmt.Println("Welcome,", job.Args.To)
		close(sent)
		return nil
	}, nil)
	ended := make(chan error)
	go func() { ended <- js.Run(ctx) }()

	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// ... write the new account ...
		_, err := welcome.Enqueue(ctx, tx, Welcome{To: "ann@example.com"})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	<-sent
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output: Welcome, ann@example.com
}

func ExampleNewSealer() {
	sealer, err := jobs.NewSealer([]byte("32 random bytes from a secret store"))
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := sealer.Seal("row 1", []byte("a password"))
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = sealer.Open("row 2", sealed)
	secret, _, _ := sealer.Open("row 1", sealed)
	fmt.Printf("%s; moved to another row: %v\n", secret, err)
	// Output: a password; moved to another row: jobs: the arguments are sealed with another key, or were changed
}

package sqlite_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

func ExampleOpen() {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", &sqlite.Options{Readers: 4})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	var answer int
	if err := db.Bun().NewSelect().ColumnExpr("6 * 7").Scan(ctx, &answer); err != nil {
		log.Print(err)
	}
	fmt.Println(db.Capabilities().Engine, answer)
	// Output: sqlite 42
}

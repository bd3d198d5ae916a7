package schema_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// A tool reads the checks of a model, and compares one with what a person wrote.
func ExampleParseCondition() {
	type Order struct {
		bun.BaseModel `bun:"table:orders"`
		ID            int64  `bun:",pk"`
		Amount        int64  `plinth:"check=amount > 0"`
		Status        string `plinth:"enum=open|paid"`
	}
	db, err := sqlite.Open(context.Background(), ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := db.Register(Order{}); err != nil {
		log.Fatal(err)
	}
	table := db.Table(Order{})
	for _, check := range table.Checks {
		fmt.Println(check.Name+":", check.Condition)
	}
	written, err := schema.ParseCondition(table, `STATUS = 'x'`)
	fmt.Println(written, err)
	written, err = schema.ParseCondition(table, `(0 < "amount")`)
	fmt.Println(written.Same(table.Checks[1].Condition), err)
	// Output:
	// orders_status_check: status in ('open', 'paid')
	// orders_amount_check: amount > 0
	// <nil> there is no column "STATUS"
	// true <nil>
}

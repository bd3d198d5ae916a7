package store_test

import (
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// IDs sort by the time they were made.
func ExampleNewID() {
	first, second := store.NewID(), store.NewID()
	fmt.Println(first.String() < second.String(), len(first.String()))
	// Output: true 36
}

func ExampleParseID() {
	id, err := store.ParseID("01890A5D-AC96-774B-BCCE-B302099A8057")
	fmt.Println(id, err)
	_, err = store.ParseID("17")
	fmt.Println(err != nil)
	// Output:
	// 01890a5d-ac96-774b-bcce-b302099a8057 <nil>
	// true
}

func ExampleNewDate() {
	due := store.NewDate(2024, time.February, 28).AddDays(2)
	fmt.Println(due, due.Sub(store.NewDate(2024, time.January, 1)))
	// Output: 2024-03-01 60
}

func ExampleParseDate() {
	day, err := store.ParseDate("2024-02-29")
	fmt.Println(day.Time().Weekday(), err)
	_, err = store.ParseDate("2023-02-29")
	fmt.Println(err != nil)
	// Output:
	// Thursday <nil>
	// true
}

// Digits behind the point stay as they are written.
func ExampleParseDecimal() {
	price, err := store.ParseDecimal("12.50")
	if err != nil {
		panic(err)
	}
	same, err := store.ParseDecimal("12.5")
	fmt.Println(price, price.Cmp(same), err)
	// Output: 12.50 0 <nil>
}

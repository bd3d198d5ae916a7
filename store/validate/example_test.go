package validate_test

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

func ExampleNew() {
	opts := store.Options{Validator: validate.New()}

	fmt.Println(opts.Validator.Check("an apple a day", "max=10"))
	fmt.Println(opts.Validator.Check([]string{"red", "dark green"}, "max=5,dive,max=6"))
	fmt.Println(opts.Validator.Check(12, "min=1,max=10"))
	// Output:
	// max must be at most 10 characters
	// max item 2: must be at most 6 characters
	// max must be at most 10
}

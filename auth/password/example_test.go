package password_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/password"
)

func ExampleNew() {
	hasher, err := password.New(password.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	hash, err := hasher.Hash(ctx, "correct horse battery staple")
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := hasher.Verify(ctx, hash, "correct horse battery staple")
	fmt.Println(again, err)
	_, err = hasher.Verify(ctx, hash, "Tr0ub4dor&3")
	fmt.Println(errors.Is(err, password.ErrMismatch))
	// Output:
	// false <nil>
	// true
}

func ExamplePolicy_Check() {
	policy := password.Policy{Min: 10}
	fmt.Println(policy.Check("qwertyuiop"))
	fmt.Println(policy.Check("short"))
	fmt.Println(policy.Check("six of nine geese"))
	// Output:
	// password: This password is among the first that are tried. Choose another one.
	// password: Password should be at least 10 characters.
	// <nil>
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// Product is a model with the usual head.
type Product struct {
	bun.BaseModel `bun:"table:products"`
	store.Model
	Name  string `bun:",notnull"`
	Stock int64  `bun:",notnull"`
}

// Typed columns of Product.
var (
	productName  = store.TextColumn(func(p *Product) *string { return &p.Name })
	productStock = store.Number(func(p *Product) *int64 { return &p.Stock })
)

// shop opens a database with three products.
func shop(ctx context.Context) (*store.DB, func()) {
	dir, err := os.MkdirTemp("", "plinth-example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "shop.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Register(Product{}); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	for i, name := range []string{"apple", "pear", "plum"} {
		if err := store.For[Product](db).Insert(ctx, &Product{Name: name, Stock: int64(i * 10)}); err != nil {
			log.Fatal(err)
		}
	}
	return db, func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
}

func ExampleFor() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	products := store.For[Product](db)
	list, err := products.List(ctx, store.Query{
		Where: store.And(productName.Like("p%"), productStock.Gt(5)),
		Order: []store.Order{productStock.Desc()},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range list {
		fmt.Println(p.Name, p.Stock, p.Version)
	}
	_, err = products.Get(ctx, store.NewID())
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// plum 20 1
	// pear 10 1
	// true
}

func ExampleRepo_Patch() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	products := store.For[Product](db)
	pear, err := products.First(ctx, store.Query{Where: productName.Eq("pear")})
	if err != nil {
		log.Fatal(err)
	}
	changed, err := products.Patch(ctx, pear.ID, productName.To("quince"), productStock.Add(-1))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Name, changed.Stock, changed.Version)

	pear.Name = "written over" // still version 1
	fmt.Println(errors.Is(products.Save(ctx, pear), store.ErrStale))
	// Output:
	// quince 9 2
	// true
}

func ExampleRepo_Page() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	q := store.Query{Order: []store.Order{productName.Asc()}, Limit: store.Limit(2)}
	for {
		page, err := store.For[Product](db).Page(ctx, q)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Items), page.Items[0].Name)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	// Output:
	// 2 apple
	// 1 plum
}

func ExampleDB_Tx() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	errSoldOut := errors.New("sold out")
	reserve := func(name string, n int64) error {
		return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			products := store.For[Product](tx)
			p, err := products.First(ctx, store.Query{Where: productName.Eq(name)})
			if err != nil {
				return err
			}
			if p.Stock < n {
				return errSoldOut
			}
			_, err = products.Patch(ctx, p.ID, productStock.Add(-n))
			return err
		})
	}
	fmt.Println(reserve("pear", 7), reserve("pear", 7))
	// Output: <nil> sold out
}

func ExampleTx_OnCommit() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	rename := func(from, to string) error {
		return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			tx.OnCommit(func(context.Context) { fmt.Println("tell the customers:", from, "is now", to) })
			n, err := store.For[Product](tx).PatchWhere(ctx, productName.Eq(from), productName.To(to))
			if err == nil && n == 0 {
				err = store.ErrNotFound
			}
			return err
		})
	}
	fmt.Println(rename("pear", "quince"))
	fmt.Println(rename("pear", "medlar"))
	// Output:
	// tell the customers: pear is now quince
	// <nil>
	// store: not found
}

func ExampleBefore() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	err := store.Before(db, func(_ context.Context, w *store.Write[Product]) error {
		if w.Op == store.OpDelete && w.Old.Stock > 0 {
			return errors.New("still in stock")
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = store.For[Product](db).DeleteWhere(ctx, productName.Eq("plum"))
	fmt.Println(err)
	// Output: still in stock
}

// A rule over several columns is a hook. A REST client gets the same answer as for the rule
// of a single column, and a form finds the columns in the member errors.
func ExampleValidationError() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	err := store.Before(db, func(_ context.Context, w *store.Write[Product]) error {
		if w.New == nil || w.New.Stock <= 1 || !strings.HasPrefix(w.New.Name, "sample ") {
			return nil
		}
		return &store.ValidationError{Table: "products", Fields: []store.FieldError{
			{Column: "stock", Rule: "sample", Text: "of a sample there is one"},
		}}
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.For[Product](db).Insert(ctx, &Product{Name: "sample plum", Stock: 1}))
	err = store.For[Product](db).Insert(ctx, &Product{Name: "sample pear", Stock: 7})
	fmt.Println(err)
	if broken, ok := errors.AsType[*store.ValidationError](err); ok {
		fmt.Printf("%+v\n", broken.Fields)
	}
	// Output:
	// <nil>
	// store: products: stock: of a sample there is one
	// [{Column:stock Rule:sample Text:of a sample there is one}]
}

func ExampleRepo_As() {
	ctx := context.Background()
	db, done := shop(ctx)
	defer done()

	products := db.Table(Product{})
	available, err := store.Bind(products, store.Compare("stock", query.OpGt, 0))
	if err != nil {
		log.Fatal(err)
	}
	guard := &store.Guard{Read: available, Readable: products.PublicColumns()}
	customer := &store.Scope{Guard: func(t *store.Table) *store.Guard {
		if t == products {
			return guard
		}
		return nil
	}}
	n, err := store.For[Product](db).As(customer).Count(ctx, store.Cond{})
	fmt.Println(n, err)
	_, err = store.For[Product](db).As(customer).PatchWhere(ctx, store.True(), productStock.Add(100))
	fmt.Println(err)
	// Output:
	// 2 <nil>
	// store: column products.stock cannot be written
}

// ExampleGroups counts and adds up products by name for a dashboard.
func ExampleGroups() {
	ctx := context.Background()
	db, closeShop := shop(ctx)
	defer closeShop()
	type stock struct {
		Name     string
		Products int64
		Pieces   store.Decimal
	}
	groups, err := store.Groups(
		ctx, store.For[Product](db), store.Query{Where: productStock.Gt(0), Order: []store.Order{productName.Asc()}},
		store.GroupBy(productName.Col, func(s *stock) *string { return &s.Name }),
		store.CountInto[Product](func(s *stock) *int64 { return &s.Products }),
		store.SumInto(productStock, func(s *stock) *store.Decimal { return &s.Pieces }),
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Name, g.Products, g.Pieces)
	}
	// Output:
	// pear 1 10
	// plum 1 20
}

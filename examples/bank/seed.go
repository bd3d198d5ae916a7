package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// seedPassword is the password of all people of the seed.
const seedPassword = "amsel singt am morgen"

// people are the customers of the seed. The first has a second factor, and the last is staff.
var people = strings.Split("Ada Brandt,Bo Lindgren,Carla Weiß,Deniz Aydın,Elif Kaya,Felix Krüger,Greta Hofmann,Hannes Vogel,Ines Costa,Jonas Peters,"+
	"Katja Sommer,Liam O'Connor,Mara Schulz,Nils Bergmann,Olga Petrova,Paul Richter,Quirin Huber,Rosa Marino,Samir Haddad,Tessa de Vries,"+
	"Umut Demir,Vera Novak,Wim Jansen,Xenia Popov,Yusuf Arslan,Zoe Laurent,Anton Fischer,Bianca Romano,Clemens Ott,Dora Stein", ",")

// company is an account without an owner, and what it is paid for or pays for.
type company struct {
	name, reference string
	low, high       int64 // cents
	days            int   // between two payments of the first person
}

// employers pay salaries, landlords get rents, and shops get the rest.
var (
	employers = []company{{"Kranich Logistik GmbH", "Salary", 2_310_00, 3_900_00, 30}, {"Stadtwerke Lindau", "Salary", 2_600_00, 4_100_00, 30}, {"Klinik am See", "Salary", 2_450_00, 4_600_00, 30}}
	landlords = []company{{"Wohnbau Süd eG", "Rent, flat 14", 640_00, 980_00, 30}, {"Hausverwaltung Maier", "Rent and heating", 710_00, 1_150_00, 30}}
	shops     = []company{
		{"Bäckerei Lorenz", "Card payment", 2_80, 14_60, 3},
		{"Markthalle Ost", "Groceries", 18_20, 96_40, 4},
		{"Deutsche Bahn", "Ticket", 19_90, 89_00, 11},
		{"Buchhandlung Zeile", "Order 20417", 9_90, 48_00, 19},
		{"Energie Nord", "Electricity", 54_00, 92_00, 30},
		{"Apotheke am Tor", "Card payment", 4_50, 38_00, 23},
	}
)

// seeder fills an empty bank.
type seeder struct {
	*bank
	random   *rand.Rand
	cash     *Account
	numbers  int
	accounts []*Account // of the people, the first of each
	users    []store.ID
	payments []payment
}

// payment is a transfer of the history.
type payment struct {
	at        time.Time
	from, to  *Account
	amount    int64
	reference string
}

// seed makes 30 people, their accounts and two months of transfers, and prints how to sign in.
func (b *bank) seed(ctx context.Context, out io.Writer) error {
	if _, err := b.app.Handler(ctx); err != nil {
		return err
	}
	switch n, err := store.For[Account](b.app.DB()).Count(ctx, store.Cond{}); {
	case err != nil:
		return err
	case n > 0:
		return fmt.Errorf("bank: the database has %d accounts; seed an empty one", n)
	}
	s := &seeder{bank: b, random: rand.New(rand.NewPCG(2026, 3))}
	for _, step := range []func(context.Context) error{s.addPeople, s.addHistory, s.book, s.addPlans} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	key, err := b.enroll(ctx, emailOf(people[0]))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `30 people, password %q:
  %s, a customer with the authenticator key %s
  %s, a customer without a second factor
  %s, staff, who sets up a second factor on the page Security first
"bank code %s" prints a code.
`, seedPassword, emailOf(people[0]), key, emailOf(people[1]), emailOf(people[len(people)-1]), key)
	return err
}

// emailOf returns the address of a person.
func emailOf(name string) string {
	plain := strings.NewReplacer("ß", "ss", "ü", "u", "ı", "i", "'", "", " ", ".").Replace(strings.ToLower(name))
	return plain + "@example.org"
}

// addPeople makes users, customers and accounts. Each begins with some savings.
func (s *seeder) addPeople(ctx context.Context) error {
	var err error
	if s.cash, err = s.open(ctx, nil, "Amsel Bank", "Settlement"); err != nil {
		return err
	}
	for i, name := range people {
		n := accounts.NewUser{Email: emailOf(name), EmailConfirmed: true, Password: seedPassword}
		if i == len(people)-1 {
			n.Roles = []string{staffRole}
		}
		user, err := s.app.Accounts().CreateUser(ctx, n)
		if err != nil {
			return err
		}
		c := &Customer{Model: store.Model{ID: user.ID}, Name: name, Email: emailOf(name), DailyLimit: 2_000_00}
		if err := store.For[Customer](s.app.DB()).Insert(ctx, c); err != nil {
			return err
		}
		everyday, err := s.open(ctx, &c.ID, name, "Everyday")
		if err != nil {
			return err
		}
		s.users, s.accounts = append(s.users, c.ID), append(s.accounts, everyday)
		s.pay(s.cash, everyday, s.between(900_00, 4_000_00), "Opening balance", 75)
		if i%4 != 0 {
			continue
		}
		savings, err := s.open(ctx, &c.ID, name, "Savings")
		if err != nil {
			return err
		}
		s.pay(s.cash, savings, s.between(2_000_00, 18_000_00), "Opening balance", 75)
	}
	return nil
}

// addHistory books two months: salaries, rents and what people buy. The first person buys most.
func (s *seeder) addHistory(ctx context.Context) error {
	open := func(list []company) (out []*Account, err error) {
		for _, c := range list {
			a, err := s.open(ctx, nil, c.name, "Business")
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
		return out, nil
	}
	from, err := open(employers)
	if err != nil {
		return err
	}
	homes, err := open(landlords)
	if err != nil {
		return err
	}
	stores, err := open(shops)
	if err != nil {
		return err
	}
	for month := range 2 {
		for i, a := range s.accounts {
			if i%3 == 2 && i != len(s.accounts)-1 {
				continue // has salary and rent at another bank
			}
			job, home := i%len(employers), i%len(landlords)
			s.pay(from[job], a, s.between(employers[job].low, employers[job].high), employers[job].reference, 58-30*month)
			s.pay(a, homes[home], s.between(landlords[home].low, landlords[home].high), landlords[home].reference, 54-30*month)
		}
	}
	for i, shop := range shops {
		for day := 50 - i; day > 0; day -= shop.days {
			s.pay(s.accounts[0], stores[i], s.between(shop.low, shop.high), shop.reference, day)
		}
	}
	for n := range 40 {
		i := s.random.IntN(len(shops))
		s.pay(s.accounts[1+n%(len(s.accounts)-1)], stores[i], s.between(shops[i].low, shops[i].high), shops[i].reference, 45-n)
	}
	return nil
}

// addPlans makes payees and scheduled transfers.
func (s *seeder) addPlans(ctx context.Context) error {
	today := store.DateOf(time.Now().In(zone))
	for i := range 8 {
		friend := s.accounts[(i+1)%len(s.accounts)]
		for owner := 0; owner < 2; owner++ {
			if friend.ownedBy(s.users[owner]) {
				continue
			}
			payee := &Payee{OwnerID: s.users[owner], Name: friend.Holder, Number: friend.Number}
			if err := store.For[Payee](s.app.DB()).Insert(ctx, payee); err != nil {
				return err
			}
		}
		plan := &Schedule{Key: fmt.Sprint("seed ", i), OwnerID: s.users[i/2], FromID: s.accounts[i/2].ID, ToID: friend.ID, Amount: s.between(20_00, 80_00), Every: "month", Reference: "Shared costs"}
		if plan.FromID == plan.ToID {
			continue
		}
		plan.FirstOn = today.AddDays(3 + 2*i)
		plan.NextOn = plan.FirstOn
		if err := store.For[Schedule](s.app.DB()).Insert(ctx, plan); err != nil {
			return err
		}
	}
	return nil
}

// open makes an account with the next number. An account without an owner can go below zero.
func (s *seeder) open(ctx context.Context, owner *store.ID, holder, name string) (*Account, error) {
	s.numbers++
	a := &Account{OwnerID: owner, Holder: holder, Name: name, Number: iban(fmt.Sprintf("50010517%010d", 4_711_000+s.numbers*137))}
	if owner == nil {
		a.Lowest = -10_000_000_00
	}
	return a, store.For[Account](s.app.DB()).Insert(ctx, a)
}

// pay plans a transfer of some days ago.
func (s *seeder) pay(from, to *Account, amount int64, reference string, daysAgo int) {
	at := time.Now().AddDate(0, 0, -daysAgo).Truncate(24 * time.Hour).Add(time.Duration(s.between(8*60, 19*60)) * time.Minute)
	s.payments = append(s.payments, payment{at, from, to, amount, reference})
}

// book books what is planned, in the order of time, as far as the accounts have the money.
func (s *seeder) book(ctx context.Context) error {
	slices.SortStableFunc(s.payments, func(a, b payment) int { return a.at.Compare(b.at) })
	return s.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, p := range s.payments {
			from, err := store.For[Account](tx).Get(ctx, p.from.ID)
			if err != nil {
				return err
			}
			if from.Balance-p.amount < from.Lowest {
				continue
			}
			by := from.ID
			if from.OwnerID != nil {
				by = *from.OwnerID
			}
			t := &Transfer{ByID: by, Key: "seed " + store.NewID().String(), Amount: p.amount, Reference: p.reference, BookedAt: p.at}
			if err := post(ctx, tx, t, from, p.to); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *seeder) between(low, high int64) int64 { return low + s.random.Int64N(high-low) }

// iban returns the IBAN of a German account, whose check digits are modulo 97 (ISO 13616).
func iban(account string) string {
	rest := 0
	for _, digit := range account + "131400" { // D, E and two zeros
		rest = (rest*10 + int(digit-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-rest, account)
}

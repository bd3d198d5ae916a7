package main

// What the seed is made of: the team, 30 customers, and what they write about.

var team = []Member{
	{Name: "Ingrid Solheim", Email: "ingrid@northwind-bikes.example"},
	{Name: "Marcus Webb", Email: "marcus@northwind-bikes.example"},
	{Name: "Priya Nair", Email: "priya@northwind-bikes.example"},
	{Name: "Tomás Herrera", Email: "tomas@northwind-bikes.example"},
}

var people = []struct{ Name, Town string }{
	{"Alice Thornton", "Leeds"},
	{"Jonas Lindqvist", "Malmö"},
	{"Fatima El Amrani", "Utrecht"},
	{"Oliver Grant", "Bristol"},
	{"Hannah Weiss", "Graz"},
	{"Rafael Costa", "Porto"},
	{"Mei Tanaka", "Cork"},
	{"Lukas Brandt", "Kiel"},
	{"Chiara Moretti", "Bologna"},
	{"Samuel Okafor", "Manchester"},
	{"Elena Petrova", "Tartu"},
	{"Liam O'Connor", "Galway"},
	{"Sofia Johansson", "Uppsala"},
	{"Pieter de Vries", "Groningen"},
	{"Amélie Fournier", "Nantes"},
	{"Daniel Kim", "Edinburgh"},
	{"Grace Mbeki", "York"},
	{"Anton Novak", "Brno"},
	{"Beatriz Molina", "Valencia"},
	{"Henrik Dahl", "Bergen"},
	{"Zoe Papadakis", "Cardiff"},
	{"Yusuf Demir", "Rotterdam"},
	{"Charlotte Evans", "Bath"},
	{"Nils Sørensen", "Aarhus"},
	{"Ana Kovač", "Ljubljana"},
	{"George Whitfield", "Norwich"},
	{"Leila Haddad", "Lyon"},
	{"Emil Schneider", "Bremen"},
	{"Ruth Abrams", "Brighton"},
	{"Kasper Nowak", "Gdynia"},
}

var bikes = []string{"Fjord 3", "Harbour", "Gull", "Tideway E", "Skerry", "Lantern 8"}

var days = []string{"on Friday", "on Saturday morning", "next Tuesday", "in the first week of the month", "before the weekend"}

var greetings = []string{"Hello,", "Good morning,", "Hi there,", "Dear team,", "Hello Northwind,"}

var closings = []string{"Thanks,", "Best regards,", "Kind regards,", "Many thanks in advance,", "Cheers,"}

var notes = []string{
	"Called the workshop: the part is in stock.",
	"Second time this month. Let us look at the supplier.",
	"Customer for nine years, please be generous.",
	"The order is in the old system, see the paper file.",
	"Asked shipping for the tracking number, they answer tomorrow.",
}

// topic is something that customers write about, and what the team answers.
type topic struct {
	Subject         string
	Bodies, Replies []string
}

var topics = []topic{
	{"Where is my order {order}?", []string{
		"I ordered a {bike} two weeks ago, number {order}. The tracking page has not moved since it left your warehouse. Can you find out where it is?",
		"The carrier says that order {order} could not be delivered because the address is wrong. I checked and it is right: it should go to my office in {town}.",
	}, []string{
		"I have spoken with the carrier. Order {order} is at the depot near {town} and comes to you {day}. I am sorry for the wait.",
		"The house number was missing on the label. We have corrected it, and the parcel goes out again {day}.",
	}},
	{"Brakes of the {bike} squeal", []string{
		"since the last rain the front brake of my {bike} squeals so loudly that people turn around. I cleaned the disc with water, but it did not help. Is that something I can fix myself?",
		"I picked up my {bike} in spring and now both brakes make a high noise when they are cold. Are the pads worn already after 900 km?",
	}, []string{
		"That is usually a film on the disc. Clean it with alcohol and a paper towel, then brake hard a few times from walking speed. If it comes back, bring it in and we change the pads.",
		"900 km is early but not unusual in hills. Come by {day} and we look at it while you wait.",
	}},
	{"Frame size for the {bike}", []string{
		"I am 1.72 m tall with a rather short inseam of 78 cm. Your table puts me between S and M for the {bike}. Which one would you choose for daily rides to work?",
		"my daughter is 1.58 m and still growing. Would a {bike} in XS last her for two or three years?",
	}, []string{
		"With that inseam I would take the S: the M would feel long with a straight back. You are welcome to try both here {day}.",
		"Yes. The seat post has room for about ten centimetres, and we exchange the stem for free in the first year.",
	}},
	{"Winter service", []string{
		"do you still have appointments for the winter service? I could bring my {bike} {day} and would need it back within a week, because it is my way to work.",
		"What exactly is part of the winter service, and is the check of the battery included for a {bike}?",
	}, []string{
		"We have kept a place for you {day}. Please take off bags and locks; a replacement bike is free of charge.",
		"We clean and grease the drive, set gears and brakes, true both wheels and check the battery. Parts are extra, and we call you before we order any.",
	}},
	{"Invoice for order {order}", []string{
		"our accounting needs an invoice with the company name and the VAT number for order {order}. Could you send a corrected one?",
		"I cannot find the invoice for {order} in my mails, and I need it for the insurance by the end of the week.",
	}, []string{
		"The corrected invoice is attached to the order now. You find it under My orders, and I have sent you a copy.",
		"I have sent the invoice for {order} again to this address. Please look into the spam folder too.",
	}},
	{"Return of panniers", []string{
		"the panniers I bought with my {bike} do not fit the rack of my other bike. They are unused, with the label on. How do I send them back?",
		"I would like to return one of two panniers from order {order}, the grey one. Is that possible, or only both together?",
	}, []string{
		"No problem. Print the label from My orders, and put the panniers into any box. The money is with you a few days after they have arrived.",
		"One alone is fine. We refund half of the set, without costs for you.",
	}},
	{"{bike} stolen in {town}", []string{
		"my {bike} was stolen from the station in {town}. The police asks for the frame number, which I did not write down. It was order {order}. Can you look it up?",
	}, []string{
		"I am sorry to hear that. I have sent the frame number and the proof of purchase to this address. If the bike comes to a workshop with our system, it is marked as stolen now.",
	}},
	{"Trailer behind the {bike}?", []string{
		"we are expecting our second child and think about a trailer. Is the {bike} made for that, and which hitch do we need?",
		"may I pull a dog trailer with the {bike}? He weighs 31 kilos.",
	}, []string{
		"Yes, up to 60 kg with the child or dog. You need the axle hitch for a 12 mm axle, which we have in stock and mount for free.",
	}},
	{"Range of the Tideway E in the cold", []string{
		"last week at minus four my Tideway E lost two bars on the way to work, where it usually loses one. Is the battery ageing, or is that normal?",
	}, []string{
		"That is normal: cold cells give up to a third less. Keep the battery indoors overnight and put it in just before you leave. If the range does not come back above ten degrees, we test it.",
	}},
	{"Thank you!", []string{
		"I just wanted to say thank you. The gear of my {bike} broke on a Saturday, and your workshop had me back on the road within the hour.",
		"we rode from {town} to the coast on two {bike}s, 640 km without a single flat. Best bikes we have had.",
	}, []string{
		"What a lovely message to start the day with. I have put it up in the workshop. Have a good ride!",
	}},
	{"Gift voucher", []string{
		"I would like to give a voucher of 250 euros to my sister in {town}. Can you send it by post, and does it expire?",
		"the code of my gift voucher is not accepted with order {order}. It says that it is already used.",
	}, []string{
		"The voucher goes out by post {day} and is valid for four years.",
		"The code was blocked by a payment that you had cancelled. It works again now.",
	}},
	{"Group ride {day}", []string{
		"is the ride {day} also for people who are slow uphill? I have a {bike} and have never been in a group.",
		"two of us would like to join the ride {day}. Do we need to sign up, and where do you start?",
	}, []string{
		"Very much so. We wait at the top of every hill, and there is cake. We start at nine at the shop, and you need not sign up.",
	}},
	{"Job in the workshop", []string{
		"I am a trained mechanic and move to {town} in summer. Are you looking for someone, also part time?",
	}, []string{
		"We are. Please send a few lines about your training to jobs@northwind-bikes.example, and come by for a trial day {day}.",
	}},
}

// spam is what programs and swindlers send.
var spam = []struct{ Name, Email, Subject, Body string }{
	{"SEO Experts", "rank@boost-pages.example", "Page one of search results, guaranteed", "We have analysed your site and found 37 critical errors. Reply today for a free report and reach page one within a week."},
	{"Mr. Edward Lane", "e.lane@trust-transfer.example", "Confidential business proposal", "I represent a client with a deposit of 14.5 million. Your share is thirty percent. Please answer with your bank details in confidence."},
	{"Web Design Offers", "hello@cheap-sites.example", "New website for 99", "Your website looks old. Our team builds a modern one in three days, with logo. Only this week for 99."},
	{"Logo Studio", "offer@logo-studio.example", "We redesigned your logo", "Our artist made a new logo for you without obligation. See it after a small payment of 19 for the licence."},
	{"Crypto Desk", "vip@coin-desk.example", "Turn 250 into 4,000", "Our robot trades day and night. Members earn sixteen times their deposit in a month. Places are limited."},
	{"Parcel Service", "notice@parcel-fee.example", "Your parcel is held", "A fee of 1.99 is open. Confirm your card within 24 hours or the parcel goes back."},
	{"Followers Now", "deals@followers-now.example", "10,000 followers by tomorrow", "Real accounts, no password needed. The first 500 followers are free of charge for your shop."},
}

package main

// seedPeople are names with what people say about themselves. The handle is the first name.
const seedPeople = `
Mira Castellan: Repairs clocks and writes about the ones that cannot be repaired.
Tomas Okafor: Baker. Up before you.
Ingrid Solheim: Swims in the fjord all year. Yes, also in January.
Priya Raman: Teaches physics to fourteen-year-olds. Learns from them.
Luca Ferrante: Bicycles, mostly old ones.
Hana Kimura: Translates novels. Slowly.
Samuel Adeyemi: Night train conductor between Vienna and Hamburg.
Noor Haddad: Plants on a balcony of four square metres.
Jonas Lindqvist: Builds wooden boats with his daughter.
Beatriz Moura: Radio, mostly jazz after midnight.
Emil Novak: Beekeeper with eleven hives.
Aisha Bello: Draws maps of places that do not exist.
Oskar Wendt: Retired lighthouse keeper.
Clara Dubois: Cooks for forty people every day.
Ravi Menon: Chess, cricket, and the garden.
Greta Alm: Runs a library in an old fire station.
Diego Salas: Paints signs by hand.
Yuki Tanabe: Potter. Breaks more than she sells.
Anton Keller: Mountain rescue, two dogs.
Leila Farah: Midwife. Counts in the thousands by now.
Piotr Zielinski: Restores pianos.
Nell Hartley: Sheep, forty of them, all with names.
Marco Bianchi: Makes cheese and talks about it.
Sofie Jansen: Photographs doors.
Kofi Mensah: Plays the trumpet where neighbours allow it.
Elena Petrova: Astronomer at a small telescope.
Hugo Martin: Letterpress printer.
Amara Diallo: Judo coach for children.
Finn Oconnor: Ferries people to islands.
Ruth Abrams: Writes crosswords for three newspapers.
`

// seedPosts are the posts, the oldest first.
const seedPosts = `
The clock of the town hall is mine for two weeks. It has been slow since 1961.
First loaves from the new oven. The crust sings when it cools.
Eleven degrees in the water today. Practically summer.
A pupil asked why we do not fall through the floor. We spent the whole lesson on it.
Found a 1954 frame behind a barn. The farmer wanted a cake for it.
Three days for one sentence. It has eleven words.
Snow on the line near Prague, so we made tea for everyone in coach seven.
The tomatoes have decided to become a forest.
My daughter steered today. I only had to duck once.
Tonight at one: two hours of piano trios. Bring your own silence.
The bees are out. So am I, at a distance.
New map: an island where all the rivers run uphill.
The light was automated in 1998. I still wake when it should turn.
Soup for forty, and forty-three came. There was enough.
Lost a rook and then the game. @nell would have seen it coming.
Someone returned a book that was due in 1987. With a drawing in it.
Painted a sign for a shoemaker. He paid in soles.
Six bowls in the kiln, four came out. A good day.
Both dogs are asleep on my gloves.
Number 3,112 is called Ida.
A grand piano from 1908 with a mouse nest in the bass. The mice had taste.
Forty sheep, forty names, and one of them opens gates.
The cheese of last autumn is ready. I have told everyone, now I tell you.
A green door in Lisbon, a blue one in Ghent. I cannot choose.
Practised in the stairwell. Applause from the third floor.
Saturn tonight, if the clouds let us. The dome is open from nine.
Printed 200 invitations, with one letter upside down. Nobody has noticed yet.
Twelve children, one mat, no tears. Almost no tears.
Fog on the sound. We went by ear.
Seven letters, "makes no noise at breakfast". Ideas welcome, @hana?
The slow clock is slow because of a spider. I have apologised to it.
Rye needs patience, and I am out of rye.
The seal came back. She looks at us as if we were late.
Today they explained magnets to me. I have new questions.
@tomas, the cake was for a bicycle. Thank you.
Chapter nine is done. It only hurt a little.
A passenger proposed between Linz and Passau. The whole coach said yes.
The neighbours have asked for basil. I am a farmer now.
We have a keel.
Someone called the station to ask for more trombone.
First honey. It tastes of lime trees and of the railway.
A reader asked the way to my island. I was very touched.
Storm tonight. Stay off the pier, all of you.
Somebody washed all the pots while I was out. Show yourself.
Roses are not hard. Roses are merely rude.
Story hour was full. A fire engine came by, which helped.
The shoemaker's sign has a spelling mistake. It is his name, and he likes it better now.
Glaze number forty: the green I was looking for. I did not write down how.
A long search, a good end. Two hikers, cold and cheerful.
Slept nine hours. The babies of this town are very kind.
It has its voice back. I played until the lights went out.
The one who opens gates has taught another one.
Yes, you can eat the rind. Please stop asking @marco.
Today's door had no house behind it.
New trumpet mute. The third floor sent flowers.
We saw the rings. A boy of six asked who put them there.
Somebody noticed. It was the bride.
Belt test on Saturday. I am more nervous than they are.
Forty-two people, eleven dogs and one cello to the islands.
It was "muffins". Of course it was.
The town hall is on time again. Several people missed their bus.
Sourdough workshop on Sunday, @clara brings the butter.
Swam with @anton today. He screamed in three languages.
Science fair: a potato ran a radio. @beatriz, it was your show.
Rode from sea to sea. My knees would like a word.
The novel is sold. The translator had cake.
New timetable from Sunday. Dinner in Vienna, breakfast by the Elbe.
Four square metres: 31 tomatoes, 9 chillies, one very tall sunflower.
She floats. She floats. She floats.
Last show before the summer. Requests by post, please.
`

// seedAnswers are comments, with the reply of the post's author behind a bar.
const seedAnswers = `
I would have liked to be there. | Next time, I will call you before.
This made my morning. | And you make mine.
How long did it take? | Longer than I admit.
My grandmother used to say the same.
Do you have a picture? | Tomorrow, in daylight.
I am coming over. | Bring a chair.
@greta should hear about this.
Please write a book about it. | Only if you read it.
I tried this once. Never again. | It gets better the third time.
Wonderful.
That is the best news of this week. | The week is long.
Save some for me! | There is a plate with your name.
What does your neighbour say? | He has moved closer.
I have a question, but I will ask it in person.
You are not alone with that. | It helps to know.
I read it aloud at dinner.
Is it true what @finn tells about it? | Half of it.
Can children come? | Above all children.
I had to laugh on the bus. People looked.
Congratulations from all of us. | Thank you, all of you.
Where exactly is that? | Behind the old mill, left, then ask.
I will try it on Sunday. | Tell me how it went.
It was like that in our village too.
You have more patience than I have. | I have more tea.
Sleep well. | You too.
`

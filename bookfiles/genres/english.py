"""Genre names in English, those of shops, of classifications and of readers' shelves among them.

Labels are separated by semicolons. Their spelling does not matter, see `fold`. Those that are made of known ones need
no entry, unless they would be misunderstood: `Natural History` is no history. Labels without a category are known
too: subjects that the contract has no category for, shelves that are no genres, and compounds such as `Art of War`.
"""

NAMES = {
    "MYSTERY": """
        mystery; detective; mystery & detective; detective stories; mystery stories; crime; crime stories; whodunit;
        cozy; noir; nordic noir; scandi noir; police procedural; hard-boiled; hardboiled; private investigators;
        sleuth; private eye; amateur sleuth; women sleuths; female sleuths; locked room; murder mystery
    """,
    "MYSTERY THRILLER": """
        mystery, thriller & suspense; mystery, suspense & thriller; mystery, crime & thriller;
        crime, thriller & mystery; crime thriller
    """,
    "SCIENCE_FICTION": """
        science fiction; sci-fi; sf; space opera; cyberpunk; steampunk; biopunk; solarpunk; dystopian; dystopia;
        dystopian & utopian; utopian; utopia; post-apocalyptic; apocalyptic; alternate history; alternative history;
        first contact; cli-fi; climate fiction
    """,
    "SCIENCE_FICTION FANTASY": "sff; sf&f; science fantasy; science fiction, fantasy & magic",
    "SCIENCE_FICTION FANTASY HORROR": "science fiction, fantasy & horror; sci-fi, fantasy & horror",
    "FANTASY": """
        fantasy; fantasy & magic; sword & sorcery; grimdark; litrpg; paranormal; fairy tales; wuxia;
        fairy tales, folk tales, legends & mythology; fairy tales, folklore, legends & mythology;
        fairy tales & folklore; fairy tales & folk tales; legends, myths, fables; myths, legends & fairy tales;
        fairy tale retellings; arthurian; fairytales
    """,
    "FANTASY ROMANCE": "romantasy; paranormal romance; romantic fantasy",
    "ROMANCE": """
        romance; love & romance; love stories; rom-com; romcom; romantic comedy; romantic fiction; gothic romance;
        mills & boon; harlequin
    """,
    "ROMANCE HISTORICAL_FICTION": "regency romance; regency",
    "ROMANCE THRILLER": "romantic suspense; romantic thriller",
    "THRILLER": "thriller; suspense; spy fiction; spy novels; spy stories; techno-thriller; technothriller",
    "HORROR": """
        horror; horror & supernatural; ghost stories; gothic; gothic fiction; gothic novel; gothic horror;
        splatterpunk; creepypasta
    """,
    "HISTORICAL_FICTION": "historical fiction; historical novels; fiction historical; historical adventure",
    "CLASSICS": """
        classics; classic; classic literature; classic fiction; classic novels; classical literature;
        literary classics; classics of literature; classics of world literature;
        ancient, classical & medieval texts
    """,
    "FICTION": """
        fiction; literature; general fiction; literary fiction; literature & fiction; genre fiction; novels;
        novella; short story; short stories, collections & anthologies; women's fiction; chick lit; chicklit;
        western; magical realism; magic realism; family saga; family drama; saga; erotica; literary;
        general & literary; contemporary women; street lit; urban & street lit; fan fiction; fanfiction;
        speculative fiction; fiction & literature
    """,
    "YOUNG_ADULT": """
        young adult; ya; teen; teenage; teenagers; adolescent; young adult nonfiction; young adult literature;
        ya lit; teen & young adult
    """,
    "CHILDREN": """
        children; children's literature; kids; kid lit; kidlit; juvenile; juvenile nonfiction; juvenile literature;
        picture books; board books; chapter books; middle grade; early readers; beginning readers; nursery rhymes;
        bedtime stories; for children; for kids; books for children; books for kids; activity books; toddler;
        baby books; baby to 3; baby & toddler; tween; ages 3-5; ages 6-8; ages 9-12; preschool
    """,
    "COMICS": """
        comics; comic; comic books; graphic novels; graphic fiction; manga; manhwa; manhua; comic strips; cartoons;
        webtoon; light novel; graphic nonfiction; anime & manga; comic books, strips, etc
    """,
    "COMICS BIOGRAPHY": "graphic memoir; graphic biography",
    "POETRY": "poetry; poems; verse; haiku; sonnets; novels in verse; stories in verse; rhymes",
    "DRAMA": """
        drama; plays; stage plays; theatre plays; playscripts; plays & screenplays; screenplays;
        plays & playscripts
    """,
    "HUMOR": """
        humor; humorous; comedy; satire; funny; humor & entertainment; parody; jokes; wit; comic fiction;
        comic novels; jokes & riddles; dark humor; black humor
    """,
    "BIOGRAPHY": """
        biography; autobiography; memoir; bio; biography & true stories; letters & diaries;
        diaries, letters & journals; life stories; biographical; lives & letters
    """,
    "HISTORY": """
        history; military history; social history; cultural history; local history; economic history; naval history;
        maritime history; black history; women's history; jewish history; african american history;
        political history; us history; u.s. history; united states history; oral history; war history;
        intellectual history; archaeology; archeology; history of the world; history of europe;
        history of the americas; history of asia; history of africa; history of russia; history of england;
        history of france; history of germany; civil war history; ww2 history; wwii history; world war ii history;
        world war 2 history; war & military history; medieval history; ancient civilizations;
        latin american history; middle eastern history; renaissance history; colonial history
    """,
    "HISTORY RELIGION": "church history; history of religion; history of christianity",
    "TRUE_CRIME": "true crime; true crime stories; truecrime; true crime & criminals",
    "SCIENCE": """
        science; mathematics; maths; physics; chemistry; biology; astronomy; popular science; pop science; geology;
        natural sciences; life sciences; earth sciences; physical sciences; biological sciences;
        environmental science; forensic science; genetics; neuroscience; cosmology; astrophysics; geography;
        statistics; algebra; geometry; calculus; biochemistry; microbiology; molecular biology; quantum physics;
        quantum mechanics; botany; zoology; oceanography; paleontology; meteorology; history of science;
        space science
    """,
    "SCIENCE NATURE": "science, nature & how it works",
    "SCIENCE TECHNOLOGY": "stem; science, technology & engineering; science, technology, engineering & mathematics",
    "TECHNOLOGY": """
        technology; engineering; computers; computing; computer science; programming; software;
        software engineering; software development; web development; web design; data science;
        artificial intelligence; machine learning; information technology; internet; computer programming; coding;
        programming languages; electronics; robotics; mechanical engineering; electrical engineering;
        civil engineering; chemical engineering; databases; cybersecurity; cyber security; computer security;
        operating systems; algorithms; transportation; transport; food science; tech; agriculture; farming; devops;
        nanotechnology; information science; technical; aeronautics
    """,
    "NATURE": """
        nature; natural history; animals; gardening; gardens; pets; environment; the environment; ecology; wildlife;
        plants; nature writing; natural world; horticulture; conservation; birdwatching; animal care & pets;
        landscape design; environmentalism; environmental conservation & protection; garden & landscape design
    """,
    "PHILOSOPHY": """
        philosophy; ethics; metaphysics; stoicism; existentialism; epistemology; philosophy of science;
        philosophy of mind; philosophy of religion; history of philosophy; political philosophy;
        ethics & moral philosophy
    """,
    "RELIGION": """
        religion; spirituality; bible; theology; christianity; islam; buddhism; judaism; hinduism; taoism; sufism;
        christian; christian living; christian nonfiction; christian science; christian ministry; new age;
        body, mind & spirit; mind, body & spirit; mind body spirit; religious; spiritual; mysticism; occult;
        esotericism; spiritual growth; catholicism; zen; religious studies; prayer; devotional; bible study;
        astrology; tarot; quran; world religions; religion & beliefs; christian books & bibles
    """,
    "PSYCHOLOGY": """
        psychology; psychiatry; psychoanalysis; psychotherapy; social psychology; child psychology;
        cognitive science; behavioral sciences; behavioural sciences; psychology & counseling;
        psychology & counselling; positive psychology
    """,
    "PSYCHOLOGY SELF_HELP": "popular psychology; pop psychology",
    "BUSINESS": """
        business; economics; finance; money; personal finance; investing; investments; management; marketing;
        economy; entrepreneurship; accounting; leadership; advertising; sales; real estate; small business;
        startups; start-ups; commerce; careers; jobs; job hunting; careers, occupations, internships;
        business, careers, occupations; human resources; management science; banking; stock market;
        corporate finance; project management; macroeconomics; microeconomics; negotiation; taxation; e-commerce;
        ecommerce; public relations; business & money; industries; family business; business ethics;
        business communication; business education; business law; trading
    """,
    "BUSINESS POLITICS": "political economy",
    "POLITICS": """
        politics; political science; social science; society; sociology; current affairs; current events;
        government; feminism; international relations; gender studies; women's studies; cultural studies;
        media studies; society & culture; social studies; civil rights; human rights; public policy; public affairs;
        social issues; social justice; political theory; geopolitics; ethnic studies; anthropology;
        sociology & anthropology
    """,
    "TRAVEL": """
        travel; travel writing; travel guide; travelogue; tourism; guidebooks; travel & holiday; holidays & travel;
        travel memoir; adventure travel; travel & exploration
    """,
    "COOKING": """
        cooking; cookbooks; cook books; cookery; cuisine; food; recipes; drinks; food & drink; food & wine; baking;
        wine; culinary; culinary arts; gastronomy; cocktails; beverages; food writing; vegan; vegetarian; barbecue;
        grilling; cookbooks, food & wine; cooking, food & wine; vegetarian & vegan; desserts
    """,
    "ART": """
        art; photography; design; architecture; fashion; graphic design; painting; drawing; art history;
        history of art; fine art; visual arts; decorative arts; sculpture; illustration; interior design;
        industrial design; fashion design; arts & crafts; art criticism; art theory; street art; digital art;
        typography; calligraphy; art book; photo book; arts & culture
    """,
    "MUSIC": """
        music; film; cinema; theater; performing arts; dance; opera; movies; television; tv; music theory;
        sheet music; music history; film studies; theatre studies; ballet; acting; musicals; songbooks; song books;
        stage & screen; film, tv & radio; film, television & radio; music, film & performing arts;
        dance, theater & musicals; musical instruments; entertainment; radio
    """,
    "HEALTH": """
        health; fitness; wellness; wellbeing; well-being; diet; dieting; nutrition; medicine; medical; nursing;
        yoga; exercise; alternative medicine; mental health; public health; women's health; men's health;
        sexual health; healthcare; health care; health science; medical science; sports medicine; weight loss;
        pilates; healthy living; anatomy; pharmacology; first aid; surgery; health, fitness & dieting;
        health, mind & body; health & beauty; health & daily living
    """,
    "SPORTS": """
        sports; outdoors; martial arts; football; soccer; baseball; basketball; golf; tennis; cricket; cycling;
        boxing; rugby; hockey; wrestling; swimming; mountaineering; climbing; hiking; fishing; hunting; camping;
        sailing; surfing; skiing; athletics; gymnastics; triathlon; motorsports; sports & recreation;
        outdoor recreation; sports & games; sports & active outdoor recreation; sports & leisure; sports science
    """,
    "FAMILY": """
        family; parenting; family & relationships; parenting & relationships; pregnancy; pregnancy & childbirth;
        childbirth; child care; childcare; parents; parenthood; children & parenting; marriage & relationships;
        home & family; family & home
    """,
    "EDUCATION": """
        education; teaching; study aids; study guides; textbooks; test preparation; test prep; exam preparation;
        language learning; foreign language study; higher education; pedagogy; educational; homeschooling;
        home schooling; special education; workbooks; schools & teaching; school books; coursebooks;
        language courses; study; language teaching & learning; educational material; teaching & learning
    """,
    "REFERENCE": """
        reference; dictionary; encyclopedia; encyclopaedia; atlas; thesaurus; almanac; handbooks; maps;
        language reference; yearbook; grammar; quotations; genealogy; bibliography; language arts & disciplines;
        language arts; reference books; reference, information & interdisciplinary subjects;
        atlases, gazetteers & maps
    """,
    "SELF_HELP": """
        self-help; selfhelp; self improvement; self-development; self-care; self-esteem; self-discovery;
        personal development; personal growth; personal transformation; motivational; motivation; inspirational;
        productivity; time management; life skills; life coaching; mindfulness; personal success
    """,
    "": """
        nonfiction; creative nonfiction; narrative nonfiction; essays; literary criticism; literary collections;
        literary studies; history & criticism; linguistics; journalism; true stories; humanities; arts & humanities;
        law; family law; games; games & activities; puzzles; puzzles & games; crafts; hobbies; crafts & hobbies;
        crafts, hobbies & home; house & home; home improvement; antiques & collectibles; gifts; calendars;
        stationery; magazines; lifestyle; leisure; contemporary; home economics; domestic science; library science;
        military science; liberal arts; show business; social engineering; family history; case history;
        life history; art of war; adventure; action & adventure; war; war & military; military; relationships; lgbt;
        lgbtq; gay & lesbian; new adult; adult; anthologies; collections; books; ebooks; audiobooks; audio books;
        media; kindle; kindle store; kindle ebooks; print books; paperback; hardcover; all; general; other; misc;
        miscellaneous; various; uncategorized; unknown; none; n/a; series; genre; subjects; categories;
        special interest; bestsellers; new releases; books & reading; writing; non-classifiable; prose; to-read;
        want to read; tbr; currently-reading; reading; read; already read; owned; own; i own; books i own;
        owned books; my books; my library; library; library books; favorites; favourites; favorite books;
        favourite books; all-time favorites; wish list; wishlist; to buy; dnf; did not finish; abandoned;
        unfinished; on hold; default; re-read; reread; reviewed; book club; borrowed; signed; giveaways; arc;
        netgalley; home library; 5 stars
    """,
}
"""By categories, separated by spaces, the labels that have them."""

HEADS = """
    fiction; novel; mystery; detective; detective stories; thriller; romance; fantasy; science fiction; sci-fi;
    horror; whodunit; poetry; comics; comic book; graphic novel; manga; short stories; picture book; space opera;
    historical fiction; memoir; biography; autobiography; dictionary; encyclopedia; atlas; textbook; cookbook;
    cookery; cooking; cuisine; recipes; photography; philosophy; psychology; theology; music; physics; biology;
    chemistry; mathematics; programming; parenting; gardening; sports; travel guide
"""
"""Labels before which any words may stand: whatever comes before `Romance` describes a romance."""

IF_FICTION = {
    "HISTORICAL_FICTION": "historical; victorian; tudor; medieval",
    "THRILLER": "espionage; spies; spies & spying; technological",
    "HORROR": "ghost; zombies; supernatural horror",
    "HUMOR": "comic; comedic; satirical",
    "ROMANCE": "love; romantic",
    "CLASSICS": "classic & allegory",
    "FANTASY": "magic; dragons; folklore; legends & mythology; myths & legends; mythical creatures",
}
"""Labels that are genres of fiction alone: `Historical` beside `Fiction` or `Romance`."""

NEUTRAL = """
    book; ebook; general; other; miscellaneous; misc; all; adult; contemporary; modern; popular; new; best; top;
    world; genre; the; story; tale; anthology; collection; series; study; adventure; action; international; foreign;
    translated; traditional; essential; great; favorite; favourite; ancient; century; 19th; 20th; 21st; western;
    eastern; english; american; british; irish; scottish; welsh; french; german; italian; spanish; russian; soviet;
    japanese; chinese; korean; indian; african; asian; european; australian; canadian; latin; polish; czech; greek;
    roman; nordic; scandinavian; swedish; norwegian; danish; finnish; icelandic; dutch; turkish; arabic; persian;
    israeli; mexican; brazilian; nigerian; ukrainian; hungarian; austrian; swiss; portuguese
"""
"""Words that change nothing beside a known label."""

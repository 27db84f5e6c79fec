"""The usual genre names in German, French and Spanish, in the form of the English ones."""

NAMES = {
    "MYSTERY": """
        krimi; kriminalroman; kriminalromane; kriminalliteratur; detektivroman; krimis & detektive; policier;
        roman policier; polar; roman noir; novela negra; novela policiaca; policiaca; policiaco; misterio;
        novela de misterio; detectives
    """,
    "MYSTERY THRILLER": """
        krimi & thriller; policier & thriller; polar & thriller; romans policiers & thrillers; policier & suspense;
        policiaca, negra & suspense; novela negra & thriller; misterio & suspense
    """,
    "SCIENCE_FICTION": """
        science-fiction-roman; ciencia ficción; dystopie; dystopien; distopía; anticipation; utopie; space opera
    """,
    "SCIENCE_FICTION FANTASY": """
        sf & fantasy; science-fiction et fantastique; ciencia ficción y fantasía; fantasía y ciencia ficción
    """,
    "FANTASY": "fantasyroman; fantasyromane; fantasía; fantástico; novela fantástica; high-fantasy; héroïc fantasy",
    "ROMANCE": """
        liebesroman; liebesromane; liebe; liebesgeschichten; romantik; roman d'amour; roman sentimental; amour;
        romance historique; novela romántica; romántica; novela rosa; novela de amor; romántico
    """,
    "FANTASY ROMANCE": "romantasy",
    "THRILLER": """
        psychothriller; spannung; politthriller; spionageroman; suspens; roman à suspense; roman d'espionnage;
        suspense; novela de suspense; thrillers
    """,
    "HORROR": "horrorroman; grusel; gruselroman; horreur; épouvante; terror; novela de terror; terror y horror",
    "HISTORICAL_FICTION": """
        historischer roman; historische romane; roman historique; novela histórica; ficción histórica
    """,
    "CLASSICS": """
        klassiker; klassische literatur; classiques; littérature classique; clásicos; literatura clásica;
        clásicos de la literatura
    """,
    "FICTION": """
        roman; romane; belletristik; erzählungen; erzählung; romane und erzählungen; kurzgeschichten;
        gegenwartsliteratur; frauenroman; schöne literatur; unterhaltungsliteratur; literatur; familiensaga;
        littérature; nouvelles; roman contemporain; littérature générale; littérature française;
        littérature étrangère; romans et littérature; roman français; roman étranger; contes et nouvelles; novela;
        narrativa; ficción; literatura y ficción; cuentos; relatos; literatura contemporánea; novela contemporánea;
        narrativa contemporánea; ficción literaria; ficción y literatura; narrativa extranjera
    """,
    "YOUNG_ADULT": """
        jugendbuch; jugendbücher; jugendliteratur; jugendroman; jugendliche; ado; adolescents; jeune adulte;
        littérature pour adolescents; juvenil; literatura juvenil; adolescentes
    """,
    "CHILDREN YOUNG_ADULT": """
        kinder- und jugendbuch; kinder- und jugendbücher; kinder & jugendliche; kinder und jugendliteratur;
        infantil y juvenil; literatura infantil y juvenil; jeunesse et ado; enfants et adolescents
    """,
    "CHILDREN": """
        kinderbuch; kinderbücher; kinderliteratur; kinder; bilderbuch; bilderbücher; märchen; vorlesebuch;
        vorlesebücher; erstleser; für kinder; jeunesse; livres pour enfants; enfants; littérature jeunesse;
        album jeunesse; livre jeunesse; infantil; literatura infantil; libros infantiles; niños; para niños;
        cuentos infantiles; libros para niños
    """,
    "COMICS": """
        comic; comics & mangas; graphic novels; bilderroman; bande dessinée; bd; bd & mangas; roman graphique;
        cómics; historieta; novela gráfica; tebeo; mangas
    """,
    "POETRY": "lyrik; gedichte; gedicht; poesie; poésies; poèmes; poesía; poemas; lírica",
    "DRAMA": "drama; dramen; theaterstück; theaterstücke; pièces de théâtre; obras de teatro; teatro; dramaturgia",
    "HUMOR": "humor; humorvoll; satire; komödie; comédie; comedia; sátira; comique; humorístico; witze",
    "BIOGRAPHY": """
        biografie; biografien; biographie; biographien; autobiografie; autobiographie; memoiren; erinnerungen;
        biographies; mémoires; autobiographies; biografía; memorias; autobiografía; biografías y memorias;
        témoignages; biografien & erinnerungen
    """,
    "HISTORY": """
        geschichte; weltgeschichte; zeitgeschichte; militärgeschichte; archäologie; histoire; histoire de france;
        histoire militaire; historia; historia universal; historia de españa; arqueología
    """,
    "TRUE_CRIME": "wahre verbrechen; wahre kriminalfälle; affaires criminelles; crímenes reales",
    "SCIENCE": """
        wissenschaft; naturwissenschaft; naturwissenschaften; mathematik; physik; chemie; biologie; astronomie;
        populärwissenschaft; sciences; mathématiques; physique; chimie; ciencia; matemáticas; física; química;
        biología; divulgación científica; ciencias naturales
    """,
    "SCIENCE TECHNOLOGY": """
        wissenschaft & technik; naturwissenschaften & technik; sciences & techniques; ciencia y tecnología
    """,
    "TECHNOLOGY": """
        technik; informatik; computer & internet; technologie; programmierung; programmieren;
        ingenieurwissenschaften; informatique; programmation; tecnología; informática; programación; ingeniería;
        informatique et internet
    """,
    "NATURE": """
        natur; tiere; garten; natur & tiere; pflanzen; haustiere; gartenbuch; umwelt; ökologie; nature; animaux;
        jardin; jardinage; écologie; environnement; naturaleza; animales; jardinería; medio ambiente; ecología;
        natur & garten; natur & umwelt
    """,
    "PHILOSOPHY": "philosophie; filosofía; ethik; éthique; ética",
    "RELIGION": """
        religion; spiritualität; religion & glaube; esoterik; theologie; glaube; christentum; bibel; spiritualité;
        ésotérisme; christianisme; espiritualidad; esoterismo; teología; religión y espiritualidad; cristianismo
    """,
    "PSYCHOLOGY": "psychologie; psychoanalyse; psychanalyse; psicología; psicoanálisis; psychotherapie",
    "BUSINESS": """
        wirtschaft; betriebswirtschaft; ökonomie; finanzen; wirtschaft & finanzen; börse & geld; börse; karriere;
        business & karriere; unternehmen; économie; entreprise; gestion; économie & entreprise; finances;
        entreprise & bourse; economía; negocios; empresa; finanzas; economía y empresa; emprendimiento; management
    """,
    "POLITICS": """
        politik; gesellschaft; politik & gesellschaft; politikwissenschaft; sozialwissenschaften; soziologie;
        politique; société; sciences sociales; sciences politiques; sociologie; actualité; actualité et politique;
        política; sociedad; ciencias sociales; ciencias políticas; sociología
    """,
    "TRAVEL": """
        reise; reisen; reiseführer; reiseberichte; reisebericht; reiseliteratur; voyage; tourisme; guides de voyage;
        récits de voyage; tourisme et voyages; viajes; guías de viaje; literatura de viajes; turismo
    """,
    "COOKING": """
        kochen; kochbuch; kochbücher; kochen & backen; kochen & genießen; backen; essen & trinken; kulinarik;
        rezepte; cuisine; cuisine & vins; gastronomie; recettes; vins; livres de cuisine; cocina; gastronomía;
        recetas; libros de cocina; comida y bebida
    """,
    "ART": """
        kunst; fotografie; architektur; malerei; kunst & design; mode; kunstgeschichte; kunst & kultur; beaux-arts;
        arts; photographie; peinture; art & architecture; histoire de l'art; arte; fotografía; arquitectura; diseño;
        pintura; arte y fotografía; moda; historia del arte
    """,
    "MUSIC": """
        musik; film & fernsehen; kino; tanz; musik & film; darstellende kunst; musique; cinéma; musique & cinéma;
        danse; música; cine; baile; cine y música; película; oper
    """,
    "HEALTH": """
        gesundheit; medizin; ernährung; fitness; gesundheit & fitness; gesundheit & medizin; gesundheit & ernährung;
        wellness; ratgeber gesundheit; santé; bien-être; santé & bien-être; médecine; forme & santé; nutrition;
        salud; bienestar; medicina; salud y bienestar; dietas; nutrición
    """,
    "SPORTS": """
        sport; fußball; sport & freizeit; sportbuch; sport et loisirs; football; deporte; fútbol;
        deportes y aire libre; alpinismus; bergsteigen
    """,
    "FAMILY": """
        familie; erziehung; eltern; eltern & kind; eltern & familie; familie & erziehung; schwangerschaft; famille;
        parentalité; famille & enfants; grossesse; maternité; famille et parentalité; familia; crianza; embarazo;
        maternidad; paternidad; educación de los hijos
    """,
    "EDUCATION": """
        bildung; schulbuch; schulbücher; lehrbuch; lehrbücher; schule & lernen; schule; pädagogik; lernhilfen;
        sprachkurs; éducation; scolaire; manuels scolaires; enseignement; pédagogie; parascolaire; educación;
        libros de texto; enseñanza; pedagogía; textos escolares; schule & ausbildung
    """,
    "REFERENCE": """
        nachschlagewerk; nachschlagewerke; wörterbuch; wörterbücher; lexikon; lexika; enzyklopädie; atlanten;
        dictionnaire; encyclopédie; encyclopédies; ouvrages de référence; diccionario; enciclopedia; referencia;
        obras de referencia; atlas & karten
    """,
    "SELF_HELP": """
        selbsthilfe; lebenshilfe; persönlichkeitsentwicklung; selbstoptimierung; développement personnel; autoayuda;
        desarrollo personal; superación personal; crecimiento personal; motivation & erfolg
    """,
    "": """
        sachbuch; sachbücher; sachliteratur; ratgeber; fachbuch; fachbücher; bücher; buch; hörbuch; hörbücher;
        e-books; sonstiges; verschiedenes; abenteuer; essais; documentaire; document; livres; autres; divers;
        aventure; bricolage; loisirs; loisirs créatifs; droit; recht; vie pratique; ensayo; no ficción; libros;
        otros; aventuras; derecho; ocio; manualidades; hobby; freizeit; reiten; basteln; handarbeit
    """,
}

HEADS = "krimi; kriminalroman; liebesroman; fantasyroman; biografie; kochbuch; lyrik; polar"

IF_FICTION = {
    "HISTORICAL_FICTION": "historisch; historische; historischer; historique; histórico; histórica",
    "HUMOR": "humorvolle; humorvoller; humoristique; humorística",
}

NEUTRAL = """
    deutsche; deutscher; englische; amerikanische; französische; russische; skandinavische; moderne;
    zeitgenössische; buch; bücher; livre; libro; française; français; étrangère; étranger; contemporaine;
    contemporain; española; español; extranjera; contemporánea; contemporáneo; moderna; de; la; le; du; der; die;
    das; für
"""

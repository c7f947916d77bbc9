"""Types of records of a French commune, as a start: every one of them is to be confirmed by the archivist.

(code, title, months, start, event, fate, source). Where the rule asks for a sorting, the fate is to keep: nothing is
lost before somebody has sorted. The migration puts them into an empty table; administrators edit them there.
"""

from collab.files.records.models import Fate, Start

COMMON = "Instruction DAF/DPACI/RES/2009/018 du 28 août 2009 (services communs des collectivités)"
COMMUNES = "Instruction DGP/SIAF/2014/006 du 22 septembre 2014 (communes et intercommunalités)"

TYPES: list[tuple[str, str, int, Start, str, Fate, str]] = [
    (
        "deliberations",
        "Délibérations du conseil municipal",
        60,
        Start.EVENT,
        "fin du mandat",
        Fate.KEEP,
        f"CGCT, art. R2121-9 ; {COMMUNES}",
    ),
    ("arretes", "Arrêtés du maire", 60, Start.EVENT, "fin du mandat", Fate.KEEP, f"CGCT, art. R2122-7 ; {COMMUNES}"),
    ("seances", "Dossiers de séance du conseil", 60, Start.EVENT, "fin du mandat", Fate.KEEP, COMMUNES),
    (
        "etat-civil",
        "Registres d’état civil",
        900,
        Start.EVENT,
        "clôture du registre",
        Fate.KEEP,
        "Code du patrimoine, art. L213-2, I, 4°",
    ),
    ("budgets", "Budgets et comptes administratifs", 120, Start.EVENT, "clôture de l’exercice", Fate.KEEP, COMMON),
    (
        "pieces-comptables",
        "Pièces justificatives de dépenses et de recettes",
        120,
        Start.EVENT,
        "clôture de l’exercice",
        Fate.DESTROY,
        COMMON,
    ),
    (
        "marches-offres",
        "Marchés publics : candidatures, offres et procédure",
        60,
        Start.EVENT,
        "signature du marché",
        Fate.DESTROY,
        "Code de la commande publique, art. R2184-12",
    ),
    (
        "marches-fournitures",
        "Marchés de fournitures et de services : pièces du marché",
        60,
        Start.EVENT,
        "fin de l’exécution du marché",
        Fate.DESTROY,
        "Code de la commande publique, art. R2184-13",
    ),
    (
        "marches-travaux",
        "Marchés de travaux et de maîtrise d’œuvre : pièces du marché",
        120,
        Start.EVENT,
        "fin de l’exécution du marché",
        Fate.KEEP,
        f"Code de la commande publique, art. R2184-13 ; tri : {COMMON}",
    ),
    (
        "agents",
        "Dossiers individuels des agents",
        960,
        Start.EVENT,
        "naissance de l’agent",
        Fate.KEEP,
        COMMON,
    ),
    (
        "candidatures",
        "Candidatures non retenues",
        24,
        Start.CHANGED,
        "",
        Fate.DESTROY,
        "CNIL, guide du recrutement, 2023 (deux ans après le dernier contact)",
    ),
    ("urbanisme", "Permis de construire et d’aménager", 120, Start.EVENT, "fin des travaux", Fate.KEEP, COMMUNES),
    ("contentieux", "Dossiers de contentieux", 120, Start.EVENT, "dernière décision rendue", Fate.KEEP, COMMON),
    ("subventions", "Subventions aux associations", 120, Start.EVENT, "clôture de l’exercice", Fate.DESTROY, COMMON),
    (
        "videoprotection",
        "Images de vidéoprotection",
        1,
        Start.CREATED,
        "",
        Fate.DESTROY,
        "Code de la sécurité intérieure, art. L252-5 (un mois au plus)",
    ),
    ("courrier", "Courrier courant et chronos", 36, Start.CHANGED, "", Fate.DESTROY, COMMON),
]

"""Who lives in the demonstration: 33 elected members and 31 agents in six services. All of them are invented."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

PLACE = "Valbrume"
DOMAIN = "valbrume.example"
COUNCIL = "Conseil municipal"

SERVICES: dict[str, Sequence[tuple[str, str, str]]] = {
    "Secrétariat général": (
        ("Hélène", "Marchand", "Directrice générale des services"),
        ("Karim", "Benali", "Secrétaire général adjoint"),
        ("Sophie", "Lambert", "Responsable des assemblées"),
        ("Julien", "Fabre", "Administrateur des systèmes"),
        ("Inès", "Carpentier", "Assistante de direction"),
    ),
    "Finances et marchés": (
        ("Thierry", "Gauthier", "Directeur des finances"),
        ("Aïcha", "Diallo", "Gestionnaire des marchés"),
        ("Benoît", "Lefèvre", "Comptable"),
        ("Clémence", "Rousseau", "Comptable"),
        ("Mathieu", "Perrin", "Contrôleur de gestion"),
    ),
    "Ressources humaines": (
        ("Nathalie", "Dubreuil", "Directrice des ressources humaines"),
        ("Pauline", "N’Guyen", "Chargée de recrutement"),
        ("Olivier", "Masson", "Gestionnaire de carrière"),
        ("Farida", "Haddad", "Conseillère en prévention"),
    ),
    "Services techniques": (
        ("Camille", "Roche", "Cheffe de projet bâtiments"),
        ("Laurent", "Picard", "Directeur des services techniques"),
        ("Mehdi", "Saïdi", "Technicien voirie"),
        ("Élodie", "Bertin", "Technicienne espaces verts"),
        ("Gaëtan", "Le Gall", "Dessinateur"),
        ("Yann", "Kermorgant", "Régisseur"),
        ("Sandrine", "Morel", "Gestionnaire du patrimoine"),
    ),
    "Urbanisme": (
        ("Isabelle", "Chevalier", "Directrice de l’urbanisme"),
        ("Romain", "Barbier", "Instructeur du droit des sols"),
        ("Zoé", "Delattre", "Chargée d’études"),
        ("Patrick", "Guillot", "Géomaticien"),
    ),
    "Éducation et jeunesse": (
        ("Christine", "Aubert", "Directrice de l’éducation"),
        ("Samuel", "Joly", "Coordinateur périscolaire"),
        ("Amandine", "Royer", "Responsable de la restauration"),
        ("Fatou", "Sow", "Animatrice jeunesse"),
        ("Quentin", "Bailly", "Gestionnaire des inscriptions"),
        ("Véronique", "Collet", "Coordinatrice petite enfance"),
    ),
}

ELECTED: Sequence[tuple[str, str, str]] = (
    ("Anne", "Villeneuve", "Maire"),
    ("Philippe", "Garnier", "Premier adjoint, finances"),
    ("Marie-Claude", "Renard", "Deuxième adjointe, éducation"),
    ("Djamel", "Mansouri", "Troisième adjoint, travaux"),
    ("Brigitte", "Fournier", "Quatrième adjointe, solidarités"),
    ("Jean-Pierre", "Tessier", "Cinquième adjoint, urbanisme"),
    ("Estelle", "Vasseur", "Sixième adjointe, culture"),
    ("Michel", "Courtois", "Septième adjoint, sports"),
    ("Léa", "Bonnet", "Huitième adjointe, transition écologique"),
    ("Alain", "Prévost", "Conseiller délégué, commerce"),
    ("Sylvie", "Hamon", "Conseillère déléguée, petite enfance"),
    ("Gérard", "Pichon", "Conseiller municipal"),
    ("Nadia", "Cherif", "Conseillère municipale"),
    ("François", "Bouvier", "Conseiller municipal"),
    ("Monique", "Lacroix", "Conseillère municipale"),
    ("Antoine", "Deschamps", "Conseiller municipal"),
    ("Corinne", "Maillard", "Conseillère municipale"),
    ("Rachid", "Belkacem", "Conseiller municipal"),
    ("Martine", "Leclercq", "Conseillère municipale"),
    ("Hugo", "Navarro", "Conseiller municipal"),
    ("Josiane", "Blin", "Conseillère municipale"),
    ("Christophe", "Meunier", "Conseiller municipal"),
    ("Valérie", "Schmitt", "Conseillère municipale"),
    ("Denis", "Cordier", "Conseiller municipal"),
    ("Aurélie", "Pasquier", "Conseillère municipale"),
    ("Bernard", "Legrand", "Conseiller municipal"),
    ("Émilie", "Charpentier", "Conseillère municipale"),
    ("Pascal", "Weber", "Conseiller municipal"),
    ("Odile", "Gros", "Conseillère municipale"),
    ("Ludovic", "Marty", "Conseiller municipal"),
    ("Ghislaine", "Humbert", "Conseillère municipale"),
    ("Tristan", "Le Roux", "Conseiller municipal"),
    ("Yvette", "Besson", "Conseillère municipale"),
)

# role in demo.json → family name of who plays it
ROLES = {"agent": "Roche", "elected": "Bonnet", "admin": "Fabre", "clerk": "Lambert", "president": "Villeneuve"}


@dataclass(frozen=True, slots=True)
class Resident:
    """One person of the demonstration. `service` is empty for the elected members."""

    given: str
    family: str
    title: str
    service: str

    @property
    def login(self) -> str:
        """`camille.roche`."""
        return f"{_plain(self.given)}.{_plain(self.family)}"

    @property
    def mail(self) -> str:
        """An address that reaches nobody (RFC 2606)."""
        return f"{self.login}@{DOMAIN}"

    @property
    def name(self) -> str:
        """« Camille Roche »."""
        return f"{self.given} {self.family}"


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isascii() and (char.isalnum() or char == "-"))


def residents() -> list[Resident]:
    """Everybody, agents first."""
    agents = [Resident(*person, service) for service, people in SERVICES.items() for person in people]
    return agents + [Resident(*person, "") for person in ELECTED]


def player(role: str) -> Resident:
    """Who plays this role."""
    return next(person for person in residents() if person.family == ROLES[role])

"""Files as Trello, Nextcloud Deck and Kanboard write them, made after their published formats."""

import json
from typing import Any

TRELLO: dict[str, Any] = {
    "id": "b1",
    "name": "Travaux d’été",
    "desc": "",
    "closed": False,
    "lists": [
        {"id": "l2", "name": "En cours", "closed": False, "pos": 32768, "softLimit": 3},
        {"id": "l1", "name": "À faire", "closed": False, "pos": 16384, "softLimit": None},
        {"id": "l3", "name": "Ancienne", "closed": True, "pos": 65536},
    ],
    "labels": [
        {"id": "g1", "name": "Urgent", "color": "red_dark"},
        {"id": "g2", "name": "", "color": "sky"},
    ],
    "members": [{"id": "m1", "fullName": "Élodie Martin", "username": "elodiem"}],
    "customFields": [
        {"id": "f1", "name": "Budget", "type": "number"},
        {"id": "f2", "name": "Phase", "type": "list", "options": [{"id": "o1", "value": {"text": "Étude"}}]},
    ],
    "cards": [
        {
            "id": "c2",
            "idList": "l1",
            "name": "Devis",
            "desc": "",
            "pos": 2000,
            "closed": True,
            "due": None,
            "idLabels": [],
            "idMembers": [],
        },
        {
            "id": "c1",
            "idList": "l1",
            "name": "Toiture de l’école",
            "desc": "Voir **l’échafaudage**",
            "pos": 1000,
            "closed": False,
            "start": "2026-06-01T08:00:00.000Z",
            "due": "2026-06-30T22:30:00.000Z",
            "dueComplete": True,
            "idLabels": ["g1", "g2"],
            "idMembers": ["m1", "parti"],
            "customFieldItems": [
                {"idCustomField": "f1", "value": {"number": "12000"}},
                {"idCustomField": "f2", "idValue": "o1", "value": None},
            ],
            "attachments": [
                {"name": "plan.pdf", "url": "https://trello.com/1/cards/c1/plan.pdf"},
                {"name": "x", "url": "javascript:alert(1)"},
            ],
        },
        {"id": "c3", "idList": "nulle part", "name": "Perdue", "pos": 1},
    ],
    "checklists": [
        {
            "id": "k1",
            "idCard": "c1",
            "name": "Pièces",
            "pos": 1,
            "checkItems": [
                {"name": "Plan", "state": "incomplete", "pos": 2, "idMember": "m1", "due": "2026-06-10T10:00:00.000Z"},
                {"name": "Devis", "state": "complete", "pos": 1},
            ],
        }
    ],
    "actions": [
        {
            "type": "commentCard",
            "date": "2026-05-02T10:00:00.000Z",
            "data": {"text": "Ensuite", "card": {"id": "c1"}},
            "memberCreator": {"fullName": "Jean Dupont", "username": "jd"},
        },
        {"type": "updateCard", "date": "2026-05-01T11:00:00.000Z", "data": {"card": {"id": "c1"}}},
        {
            "type": "commentCard",
            "date": "2026-05-01T10:00:00.000Z",
            "data": {"text": "D’abord", "card": {"id": "c1"}},
            "memberCreator": {"fullName": "Élodie Martin", "username": "elodiem"},
        },
    ],
}

DECK: dict[str, Any] = {
    "boards": [
        {"id": 1, "title": "Supprimé", "stacks": [], "labels": [], "deletedAt": 1743495533},
        {
            "id": 70,
            "title": "Voirie",
            "owner": "elodie",
            "color": "00ff00",
            "archived": False,
            "labels": [
                {"id": 293, "title": "Fini", "color": "31CC7C"},
                {"id": 296, "title": "Plus tard", "color": "F1DB50"},
            ],
            "acl": [{"participant": {"uid": "agents"}, "type": 1}],
            "stacks": {
                "115": {"id": 115, "title": "Fait", "order": 1, "deletedAt": 0, "cards": []},
                "114": {
                    "id": 114,
                    "title": "À faire",
                    "order": 0,
                    "deletedAt": 0,
                    "cards": [
                        {
                            "id": 125,
                            "title": "Trottoir",
                            "description": "# Rue Haute",
                            "order": 2,
                            "archived": False,
                            "done": "2026-02-01T10:00:00+00:00",
                            "duedate": "2026-03-01T08:00:00+00:00",
                            "deletedAt": 0,
                            "commentsCount": 2,
                            "attachmentCount": None,
                            "labels": [{"id": 293, "title": "Fini", "color": "31CC7C"}],
                            "assignedUsers": [
                                {
                                    "participant": {
                                        "primaryKey": "elodie",
                                        "uid": "elodie",
                                        "displayname": "Élodie Martin",
                                    }
                                }
                            ],
                        },
                        {
                            "id": 124,
                            "title": "Banc",
                            "order": 1,
                            "archived": True,
                            "deletedAt": 0,
                            "assignedUsers": None,
                        },
                        {"id": 126, "title": "Gommée", "order": 3, "deletedAt": 1743495533},
                    ],
                },
            },
        },
        {"id": 71, "title": "Parcs", "stacks": [{"id": 1, "title": "Liste", "order": 0, "cards": []}], "labels": []},
    ]
}

KANBOARD: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "result": [
        {
            "id": "1",
            "name": "Default swimlane",
            "columns": [
                {
                    "id": "1",
                    "title": "Backlog",
                    "task_limit": "4",
                    "tasks": [
                        {
                            "id": "8",
                            "title": "Lampadaires",
                            "description": "",
                            "date_due": "1798675200",
                            "date_started": "0",
                            "position": "2",
                            "color_id": "amber",
                            "category_name": "Éclairage",
                            "assignee_username": "elodie.martin",
                            "assignee_name": "Élodie",
                            "is_active": "1",
                            "time_spent": "3.5",
                        },
                        {"id": "7", "title": "Bancs", "position": "1", "date_due": "0", "is_active": "1", "score": "0"},
                    ],
                },
                {"id": "2", "title": "Done", "task_limit": "0", "tasks": []},
            ],
        },
        {
            "id": "2",
            "name": "Urgences",
            "columns": [
                {"id": "1", "title": "Backlog", "task_limit": "4", "tasks": []},
                {
                    "id": "2",
                    "title": "Done",
                    "task_limit": "0",
                    "tasks": [{"id": "9", "title": "Fuite", "position": "1", "is_active": "0"}],
                },
            ],
        },
    ],
}

KANBOARD_CSV = (
    '"Task Id",Project,Status,Category,Swimlane,Column,Position,Color,"Due date",Creator,"Assignee Username",'
    '"Assignee Name",Complexity,Title,"Creation date","Modification date","Completion date","Start date",'
    '"Time estimated","Time spent",Reference\n'
    '7,Voirie,Open,Éclairage,"Default swimlane",Backlog,1,Yellow,03/04/2026,admin,elodie.martin,Élodie,0,'
    '"Lampadaires, rue Haute",01/02/2026,01/02/2026,,,0,0,\n'
    '8,Voirie,Closed,,"Default swimlane",Done,1,Yellow,,admin,,,0,Bancs,01/02/2026,01/02/2026,,,0,0,\n'
)


def as_json(data: Any) -> bytes:
    """The bytes of such a file."""
    return json.dumps(data, ensure_ascii=False).encode()
